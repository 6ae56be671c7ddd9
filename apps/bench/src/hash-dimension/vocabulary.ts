type Pairs = readonly (readonly [stored: string, asked: string])[];

function pairs(text: string): Pairs {
  return text
    .trim()
    .split(/\s*,\s*/)
    .map((pair) => {
      const [stored = "", asked = ""] = pair.split("/");
      return [stored, asked];
    });
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** Words as documents have them and as questions ask for them. */
export const variants = {
  spelling: pairs(`
    color/colour, favorite/favourite, organizer/organiser, center/centre, theater/theatre,
    traveling/travelling, jewelry/jewellery, aluminum/aluminium, pajamas/pyjamas, catalog/catalogue,
    license/licence, defense/defence, fiber/fibre, neighbor/neighbour, behavior/behaviour, gray/grey,
    mustache/moustache, tire/tyre, plow/plough, specialty/speciality, analyze/analyse,
    apologize/apologise, canceled/cancelled, humor/humour, labor/labour, maneuver/manoeuvre,
    pediatric/paediatric, anesthesia/anaesthesia, sulfur/sulphur, honor/honour`),
  inflection: pairs(`
    run/running, shoe/shoes, photographs/photograph, paint/painting, allergies/allergy, cook/cooked,
    swimming/swim, gardens/gardener, collects/collection, climb/climbing, subscription/subscribed,
    bakes/baking, translates/translation, library/libraries, dances/dancer, invest/investments,
    teaches/teaching, hikes/hiking, repair/repaired, meditates/meditation, wolf/wolves, mice/mouse,
    volunteers/volunteering, composes/composer, study/studies, renovated/renovation, city/cities,
    marries/marriage, recycles/recycling, ski/skiing`),
  compound: pairs(`
    smartphone/smart phone, bookshelf/book shelf, workplace/work place, birthday/birth day,
    snowboard/snow board, toothbrush/tooth brush, database/data base, website/web site,
    lifestyle/life style, motorbike/motor bike, health care/healthcare, cook book/cookbook,
    play list/playlist, note pad/notepad, air plane/airplane, head phones/headphones,
    sun glasses/sunglasses, post card/postcard, night shift/nightshift, rain coat/raincoat,
    firewall/fire wall, paperback/paper back, grandmother/grand mother, basketball/basket ball,
    bed room/bedroom, class mate/classmate, time table/timetable, key board/keyboard,
    camp fire/campfire, ear ring/earring`),
} as const;

/** Kept as they are, or misspelled by a typo. */
export const ordinary: readonly string[] = words(`
  restaurant umbrella mountain guitar keyboard dentist passport insurance appointment breakfast
  vegetarian peanut chocolate hospital university professor engineer marathon bicycle telescope
  orchestra violin cinema documentary newspaper journal vacation airport railway harbor island
  volcano desert festival ceremony graduation anniversary furniture curtain blanket refrigerator
  microwave laundry detergent battery charger satellite penguin dolphin elephant butterfly squirrel
  blueberry cinnamon avocado spaghetti sandwich mathematics chemistry philosophy psychology`);

export const short: readonly string[] = words(`
  tea car dog cat bus sun sea ice art gym job son mum dad jam pie egg oak owl bee
  fox ant cow pig hat tie bag cup pen key box map zoo pub spa vet tax rent milk rice`);

export const people: readonly string[] = words(`
  carlos maria ingrid tomas yuki amara lars priya omar chloe dmitri wanjiru hana pedro elif noor`);

export const categories: readonly string[] = words(
  `preferences personal work health family travel`,
);

/** Shapes of a stored sentence; `#` is filled with words in order. */
export const sentences: readonly string[] = [
  "# and the # with a # for #",
  "a # in the # by the # and #",
  "# at # because of the # or the #",
  "the # that was # with # and the #",
];

/** Shapes of a question; `#` is filled with words in order. */
export const questions: readonly string[] = [
  "what about the # and the #",
  "when did the # have a #",
  "# with #",
  "is there any # for the #",
];
