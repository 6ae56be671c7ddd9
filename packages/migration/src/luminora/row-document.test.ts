import { expect, test } from "vitest";
import { convert, sdkFact as fact, v1Times as times } from "../fixtures/v1-row.ts";

test("a fact", () => {
  const { document, reasons, redacted } = convert("user_facts", fact);
  expect(document).toEqual({
    scope: "tenant",
    id: "fact/ana/preferences/favourite_sport",
    text: "ana preferences favourite sport: judo",
    metadata: {
      kind: "fact",
      user: "ana",
      category: "preferences",
      key: "favourite_sport",
      value: "judo",
      confidence: 0.9,
      session_id: null,
      ...times,
      times: {
        created_at: Date.parse("2026-11-20T22:54:05.130Z"),
        updated_at: Date.parse("2026-11-21T22:54:05.130Z"),
      },
      losses: [],
      v1: { system: "luminora", schema: "sdk", table: "user_facts", row: 12 },
    },
    timestamp: Date.parse("2026-11-21T22:54:05.130Z"),
  });
  expect([...reasons]).toEqual(["missing-zone"]);
  expect(redacted).toBe(false);
});

test("an ambiguous value keeps its raw text", () => {
  const { document, reasons } = convert("facts", { ...fact, value: "True" });
  expect(document.metadata).toMatchObject({
    value: true,
    raw: "True",
    losses: ["python-literal"],
  });
  expect(document.text).toBe("ana preferences favourite sport: True");
  expect(reasons).toContain("python-literal");
});

test("columns v1 does not know, under their name or beside ours", () => {
  const { document } = convert("facts", { ...fact, mood: "calm", kind: "theirs", losses: 3n });
  expect(document.metadata).toMatchObject({
    kind: "fact",
    mood: "calm",
    v1: { columns: { kind: "theirs", losses: 3 } },
  });
});

test("a core fact, with its tags as a list", () => {
  const id = "493ea90752155a4a5e521d5baac2b362";
  const { document } = convert("user_facts", {
    id,
    user_id: "ana",
    category: "other",
    fact_key: "pets",
    fact_value: "[]",
    tags: '["animals"]',
    created_at: "2026-11-20 22:54:29",
    is_active: 0n,
  });
  expect(document).toMatchObject({
    id: "fact/ana/other/pets",
    text: "ana other pets: []",
    metadata: {
      key: "pets",
      value: [],
      raw: "[]",
      tags: ["animals"],
      is_active: 0,
      losses: ["structure-or-text"],
      v1: { schema: "core", row: id, columns: { tags: '["animals"]' } },
    },
    timestamp: Date.parse("2026-11-20T22:54:29Z"),
  });
  expect(document.metadata).not.toHaveProperty("fact_key");
});

test("a turn belongs to the session's user and is dated by what was said", () => {
  const { document, reasons } = convert("facts", {
    ...fact,
    user_id: "session_1",
    category: "conversation_history",
    key: "turn_20241121_100000_000000",
    value: JSON.stringify({
      user_message: "hello",
      assistant_response: "hi",
      personality_name: "alicia",
      timestamp: "2024-11-21T10:00:00",
    }),
  });
  expect(document).toMatchObject({
    id: "turn/session_1/turn_20241121_100000_000000",
    text: "ana: hello\nalicia: hi",
    metadata: { kind: "turn", user: "ana", user_id: "session_1" },
    timestamp: Date.parse("2024-11-21T10:00:00Z"),
  });
  expect([...reasons]).not.toContain("structure-or-text");
});

test("a turn v1 could not have written keeps its text", () => {
  const category = "conversation_history";
  const { document } = convert("facts", { ...fact, category, value: "{broken" });
  expect(document).toMatchObject({ text: "{broken", metadata: { kind: "turn", user: "ana" } });
});

test("session and user records are not indexed, and hold no secret", () => {
  const value = '{"session_id": "session_1", "provider_config": {"api_key": "hidden"}}';
  const session = convert("facts", {
    ...fact,
    category: "session_metadata",
    key: "session_session_1",
    value,
  });
  expect(session.document).toMatchObject({
    id: "session/ana/session_session_1/metadata",
    text: "",
    metadata: { kind: "session", value: { provider_config: { api_key: "***redacted***" } } },
  });
  expect(session.redacted).toBe(true);
  expect(JSON.stringify(session)).not.toContain("hidden");
  const user = convert("facts", { ...fact, category: "user_metadata", key: "created_at" });
  expect(user.document).toMatchObject({
    id: "user/ana/created_at",
    text: "",
    metadata: { kind: "user" },
  });
});

test("a fact whose key names a secret", () => {
  const { document, redacted } = convert("facts", {
    ...fact,
    key: "wifi_password",
    value: "hunter2",
  });
  expect(document.text).toBe("ana preferences wifi password: ***redacted***");
  expect(redacted).toBe(true);
});

test("the sessions table", () => {
  const { document, reasons } = convert("sessions", {
    id: 1n,
    session_id: "session_1",
    user_id: "ana",
    personality_name: "alicia",
    last_activity: times.updated_at,
    ttl: 1797807246n,
    ...times,
  });
  expect(document).toMatchObject({
    id: "session/ana/session_1",
    text: "",
    metadata: { kind: "session", session_id: "session_1", ttl: 1797807246 },
  });
  expect([...reasons].toSorted()).toEqual([
    "missing-zone",
    "session-fields-dropped",
    "session-ttl-replaced",
  ]);
});

const affinity = {
  id: 1n,
  user_id: "ana",
  personality_name: "alicia",
  affinity_points: 40n,
  total_interactions: 0n,
  positive_interactions: 0n,
  ...times,
};

test("affinity, whose zero counters prove nothing", () => {
  const reset = convert("affinity", affinity);
  expect(reset.document).toMatchObject({ id: "affinity/ana/alicia", text: "" });
  expect(reset.reasons).toContain("affinity-counters-reset");
  expect(convert("affinity", { ...affinity, total_interactions: 3n }).reasons).not.toContain(
    "affinity-counters-reset",
  );
  expect(convert("affinity", { ...affinity, user_id: "session_1" }).reasons).toContain(
    "affinity-under-session",
  );
});

test("episodes: SDK row numbers count within a table, core ids everywhere", () => {
  const episode = { user_id: "ana", episode_type: "emotional_moment", title: "T", summary: "S" };
  const importance = 700;
  expect(convert("episodes", { id: 4n, importance, ...episode, ...times }).document).toMatchObject({
    id: "episode/ana/episodes/4",
    text: "ana emotional moment: T. S",
    timestamp: Date.parse("2026-11-20T22:54:05.130Z"),
  });
  const id = "5ffd4063b02b3e7c6665e20ff1ab68b8";
  const core = { id, importance, ...episode, timestamp: "2024-11-20T10:00:00", metadata: "{}" };
  expect(convert("episodes", core).document).toMatchObject({
    id: `episode/ana/${id}`,
    timestamp: Date.parse("2024-11-20T10:00:00Z"),
  });
});

test("moods and memories", () => {
  const mood = { id: 2n, user_id: "ana", mood_type: "very_calm", intensity: 0.5, context: "sea" };
  expect(convert("moods", { ...mood, ...times }).document).toMatchObject({
    id: "mood/ana/moods/2",
    text: "ana mood: very calm. sea",
  });
  const core = {
    session_id: "s",
    user_id: "ana",
    current_mood: "shy",
    mood_intensity: 1,
    ...times,
  };
  expect(convert("session_moods", core).document).toMatchObject({
    id: "mood/ana/s",
    text: "ana mood: shy",
    metadata: { kind: "mood", session_id: "s" },
  });
  const memory = {
    id: 3n,
    user_id: "ana",
    memory_key: "last_trip",
    memory_value: "true",
    ...times,
  };
  expect(convert("memories", memory).document).toMatchObject({
    id: "memory/ana/last_trip",
    text: "ana last trip: true",
    metadata: { value: true, raw: "true", losses: ["json-literal-or-text"] },
  });
});
