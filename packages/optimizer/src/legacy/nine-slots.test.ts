import { describe, expect, test } from "vitest";
import { fromNineSlots, toNineSlots } from "./nine-slots.ts";

describe("toNineSlots", () => {
  test("fills what is absent: eight nulls and an empty list", () => {
    expect(toNineSlots({})).toEqual([null, null, null, null, null, null, null, null, []]);
    const slots = toNineSlots({ user_id: "carlos", category: "pref", key: "sport" });
    expect(slots).toHaveLength(9);
    expect(slots[3]).toBeNull();
  });

  test("the long name wins over the short one", () => {
    expect(toNineSlots({ uid: "shadow", user_id: "real" })[0]).toBe("real");
  });

  test("keeps falsy values", () => {
    expect(toNineSlots({ category: 0, key: false, value: "" }).slice(1, 4)).toEqual([0, false, ""]);
  });

  test("reads own fields only", () => {
    expect(toNineSlots(Object.create({ user_id: "inherited" }))[0]).toBeNull();
  });
});

describe("fromNineSlots", () => {
  test("leaves out nulls, empty tags and slots that are not there", () => {
    expect(fromNineSlots([])).toEqual({});
    expect(fromNineSlots(["carlos", null, "sport"])).toEqual({ user_id: "carlos", key: "sport" });
    expect(fromNineSlots(toNineSlots({}))).toEqual({});
  });

  test("has no name for a tenth slot", () => {
    const slots = [...toNineSlots({ user_id: "carlos" }), "ten"];
    expect(fromNineSlots(slots)).toEqual({ user_id: "carlos" });
  });
});
