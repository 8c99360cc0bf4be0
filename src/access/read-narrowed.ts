/**
 * Reads those requests together that still ask for something, as soon as all are narrowed; the others are answered with `undefined`.
 * A request that is refused fails alone, and is not read.
 */
export function readNarrowed<Request, Answer>(
  narrowed: readonly Promise<Request | undefined>[],
  read: (requests: readonly Request[]) => readonly Promise<Answer>[],
): readonly Promise<Answer | undefined>[] {
  const answers = Promise.allSettled(narrowed).then((outcomes) => {
    const asked = new Map<number, Request>();
    outcomes.forEach((outcome, place) => {
      if (outcome.status === 'fulfilled' && outcome.value !== undefined) {
        asked.set(place, outcome.value);
      }
    });
    const answered = read([...asked.values()]);
    return new Map([...asked.keys()].map((place, index) => [place, answered[index]] as const));
  });
  return narrowed.map(async (pending, place) => {
    await pending;
    return (await answers).get(place);
  });
}
