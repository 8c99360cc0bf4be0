/**
 * Answers those requests together that turn out to ask for something, as soon as all have settled; the others with `undefined`.
 * A request that is refused fails alone, and is not asked for.
 */
export function answerTogether<Request, Answer>(
  pending: readonly Promise<Request | undefined>[],
  answer: (requests: readonly Request[]) => readonly Promise<Answer>[],
): readonly Promise<Answer | undefined>[] {
  const answers = Promise.allSettled(pending).then((outcomes) => {
    const asked = new Map<number, Request>();
    outcomes.forEach((outcome, place) => {
      if (outcome.status === 'fulfilled' && outcome.value !== undefined) {
        asked.set(place, outcome.value);
      }
    });
    const answered = answer([...asked.values()]);
    return new Map([...asked.keys()].map((place, index) => [place, answered[index]] as const));
  });
  return pending.map(async (request, place) => {
    await request;
    return (await answers).get(place);
  });
}
