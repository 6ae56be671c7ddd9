const middle = 0.5;

/**
 * A share from 0 to 1 of an injected generator. One that throws or gives anything else becomes a
 * warning of the process and the middle counts: an outage must not end in an error about jitter.
 */
export function randomShare(random: () => number): number {
  let share: unknown;
  try {
    share = random();
  } catch (cause) {
    return warned("threw", cause);
  }
  if (typeof share !== "number") return warned(`gave no number but ${typeof share}`);
  return share >= 0 && share <= 1 ? share : warned(`gave ${share}, which is not from 0 to 1`);
}

function warned(problem: string, cause?: unknown): number {
  process.emitWarning(new Error(`the option random ${problem}; ${middle} counts`, { cause }));
  return middle;
}
