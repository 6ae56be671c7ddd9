/** Words that change no question: articles, persons, courtesy. */
export const fillers: ReadonlySet<string> = words(`
  a an the please kindly thanks thank hi hello hey just really actually so
  i me my you your we us our what s whats of to for
`);

/** Without a time of their own; they move when a statement becomes a question. */
export const auxiliaries: ReadonlySet<string> = words(
  "do does is are am be being can could may might it its",
);

/** What opens a request, before what it is about. */
export const openers: ReadonlySet<string> = words("tell explain describe show give let know");

/** Who speaks, and who is spoken to. */
export const persons: ReadonlyMap<string, 1 | 2> = new Map([
  ...[...words("i me my we us our")].map((word) => [word, 1] as const),
  ...[...words("you your")].map((word) => [word, 2] as const),
]);

/** What stands between two things that are told apart or listed. */
export const conjunctions: ReadonlySet<string> = words("and or vs versus");

/** The word after one of these is spoken of. */
export const mentioning: ReadonlySet<string> = words("word term letter pronoun spell print");

/** Ways to ask for a way; each may stand for "how", and none for another. */
export const waysToAskHow: ReadonlySet<string> = words(
  "step way procedure process instruction method guide",
);

/** English, German, French, Spanish, Italian, Portuguese, Dutch. */
export const negations: ReadonlySet<string> = words(`
  not no never none nobody nothing nowhere neither nor without cannot hardly barely except unless
  nicht kein keine keinen keinem keiner nie niemals ohne weder ne pas jamais sans aucun aucune
  nunca sin ningun ninguna jamas non mai senza nessun nessuna nao sem nem niet geen nooit zonder
`);

/** What turns a word into its opposite when it is put before it. */
export const negatingPrefixes: readonly string[] = [...words("un in im il ir dis non de mis anti")];

/** Each word with its opposites, both ways. Question words ask for different things as well. */
export const opposites: ReadonlyMap<string, ReadonlySet<string>> = pairs(`
  increase/decrease raise/lower rise/fall more/less most/least max/min maximum/minimum high/low higher/lower
  highest/lowest best/worst good/bad better/worse big/small large/small long/short fast/slow faster/slower
  cheap/expensive cheapest/expensive hot/cold new/old early/late first/last before/after above/below over/under
  up/down left/right in/out into/out from/to on/off open/close start/stop begin/end enable/disable allow/deny
  allow/forbid allow/block accept/reject add/remove add/delete create/delete insert/delete install/uninstall
  buy/sell send/receive push/pull upload/download import/export encode/decode encrypt/decrypt
  compress/decompress login/logout connect/disconnect attach/detach mount/unmount lock/unlock hide/show
  win/lose pass/fail gain/lose love/hate like/dislike always/never all/none true/false yes/no with/without
  include/exclude ascending/descending inner/outer public/private legal/illegal male/female man/woman
  husband/wife north/south east/west summer/winter day/night morning/evening black/white positive/negative
  benefit/risk advantage/disadvantage pro/con strength/weakness past/future
  who/where who/when who/why where/when where/why when/why how/why how/when how/where how/who
`);

/** Spelled numbers, ordinals too, as digits. */
export const spelledNumbers: ReadonlyMap<string, string> = new Map(
  `zero/0 one/1 first/1st once/1x two/2 second/2nd twice/2x three/3 third/3rd four/4 fourth/4th five/5 fifth/5th
  six/6 sixth/6th seven/7 seventh/7th eight/8 eighth/8th nine/9 ninth/9th ten/10 tenth/10th eleven/11 twelve/12
  thirteen/13 fourteen/14 fifteen/15 sixteen/16 seventeen/17 eighteen/18 nineteen/19 twenty/20 thirty/30
  forty/40 fifty/50 sixty/60 seventy/70 eighty/80 ninety/90 hundred/100 thousand/1000 million/1000000
  billion/1000000000 half/0.5 quarter/0.25 dozen/12`
    .split(/\s+/)
    .map((pair): [string, string] => {
      const [name = "", digits = ""] = pair.split("/");
      return [name, digits];
    }),
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

function pairs(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const link = (word: string, opposite: string) =>
    found.set(word, (found.get(word) ?? new Set()).add(opposite));
  for (const pair of words(text)) {
    const [a = "", b = ""] = pair.split("/");
    link(a, b);
    link(b, a);
  }
  return found;
}
