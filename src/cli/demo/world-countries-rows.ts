import { createRequire } from 'node:module';

type Texts = Readonly<Record<string, string>>;

/** One country of the package `world-countries`, as far as the demo uses it. */
export interface CountryRow {
  readonly name: {
    readonly common: string;
    readonly official: string;
    /** By ISO 639-3 code, as `translations`. */
    readonly native: Readonly<Record<string, Texts>>;
  };
  readonly tld: readonly string[];
  readonly cca2: string;
  readonly ccn3: string;
  readonly cca3: string;
  /** `null`: disputed. */
  readonly independent: boolean | null;
  readonly unMember: boolean;
  readonly currencies: Readonly<Record<string, { readonly name: string; readonly symbol: string }>>;
  readonly idd: { readonly root: string; readonly suffixes: readonly string[] };
  readonly capital: readonly string[];
  readonly altSpellings: readonly string[];
  readonly region: string;
  readonly subregion: string;
  readonly languages: Texts;
  readonly translations: Readonly<Record<string, Texts>>;
  readonly demonyms: Readonly<Record<string, Texts>>;
  /** Degrees. */
  readonly latlng: readonly [number, number];
  readonly landlocked: boolean;
  /** By alpha-3 code. */
  readonly borders: readonly string[];
  /** Square kilometres. */
  readonly area: number;
  readonly flag: string;
}

const loaded: unknown = createRequire(import.meta.url)('world-countries');

/** All rows of the package, whose own types describe another export than Node finds. */
export const countries = loaded as readonly CountryRow[];
