import {
  isPalimpsestError,
  type PalimpsestError,
  type VectorEngine,
  type VectorIndex,
} from "@palimpsest/core";

/** What `opening` gives, or, where that may be down and is, a stand-in that fails every call the same way. */
export async function orUnreachable<T>(
  mayBeDown: boolean,
  opening: Promise<T>,
  standIn: (failure: PalimpsestError) => T,
): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (mayBeDown && isPalimpsestError(error, "E_UNAVAILABLE")) return standIn(error);
    throw error;
  }
}

export function unreachableEngine(failure: PalimpsestError): VectorEngine {
  return { openVectors: () => Promise.reject(failure), ...nothingToClose };
}

export function unreachableIndex(name: string): (failure: PalimpsestError) => VectorIndex {
  return (failure) => {
    const fail = (): Promise<never> => Promise.reject(failure);
    return {
      name,
      compiles: () => true,
      upsert: fail,
      delete: fail,
      query: fail,
      scan: fail,
      describe: fail,
      ...nothingToClose,
    };
  };
}

const nothingToClose = {
  close: async (): Promise<void> => undefined,
  [Symbol.asyncDispose]: async (): Promise<void> => undefined,
};
