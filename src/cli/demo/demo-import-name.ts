/** Changes whenever the demo's data do: a demo made by another version is made again. */
export const DEMO_IMPORT = 'demo-1';
