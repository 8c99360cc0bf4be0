/** How long a provider may take, in ms. */
const TIMEOUT_MS = 5_000;
const LONGEST_ANSWER = 1_000_000;

/** The JSON object that a provider answers with; `undefined` when it cannot be reached, refuses, or says anything else. */
export async function fetchJson(
  url: string,
  request: Pick<RequestInit, 'method' | 'headers' | 'body'> = {},
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const response = await fetch(url, {
      ...request,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    const text = await response.text();
    if (text.length > LONGEST_ANSWER) return undefined;
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null && !Array.isArray(answer)
      ? (answer as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
