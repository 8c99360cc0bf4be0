/** True for the address of the API, with or without a final slash. */
export function isApiPath({ pathname }: URL, path: string): boolean {
  return pathname === path || pathname === `${path}/`;
}
