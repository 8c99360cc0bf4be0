import type { ParseObject } from '../../parse/object.ts';
import { GeoPoint, Pointer } from '../../parse/values.ts';
import type { RelationRows } from '../../storage/bulk-writer.ts';
import { demoObject } from './demo-object.ts';
import { objectIdFor } from './object-id-for.ts';
import { countries, type CountryRow } from './world-countries-rows.ts';

/** All countries of the package `world-countries`; `capitalIds` maps alpha-2 codes to the object ids of capitals. */
export function buildCountries(capitalIds: ReadonlyMap<string, string>): readonly ParseObject[] {
  return countries.map((country) => {
    const capitalId = capitalIds.get(country.cca2);
    const [currency] = Object.keys(country.currencies);
    const [latitude, longitude] = country.latlng;
    return demoObject('Country', countryId(country.cca2), {
      name: country.name.common,
      officialName: country.name.official,
      nativeNames: country.name.native,
      alpha2: country.cca2,
      alpha3: country.cca3,
      numericCode: country.ccn3 === '' ? undefined : country.ccn3,
      region: country.region,
      subregion: country.subregion === '' ? undefined : country.subregion,
      capitals: [...country.capital],
      capital: capitalId === undefined ? undefined : new Pointer('City', capitalId),
      currency: currency === undefined ? undefined : new Pointer('Currency', currencyId(currency)),
      location: new GeoPoint(latitude, longitude),
      area: country.area,
      isIndependent: country.independent ?? undefined,
      isLandlocked: country.landlocked,
      isUnMember: country.unMember,
      flag: country.flag,
      domains: [...country.tld],
      callingCodes: country.idd.suffixes.map((suffix) => `${country.idd.root}${suffix}`),
      otherNames: [...country.altSpellings],
      translations: country.translations,
      demonyms: country.demonyms,
    });
  });
}

/** Every language that some country speaks, by ISO 639-3 code. */
export function buildLanguages(): readonly ParseObject[] {
  const names = new Map<string, Set<string>>();
  for (const country of countries) {
    for (const [code, name] of Object.entries(country.languages)) {
      names.set(code, (names.get(code) ?? new Set()).add(name));
    }
  }
  return [...names].map(([code, [name = code, ...otherNames]]) =>
    demoObject('Language', languageId(code), { code, name, otherNames }),
  );
}

/** Every currency that some country uses, by ISO 4217 code; where countries disagree on the symbol, the first one's. */
export function buildCurrencies(): readonly ParseObject[] {
  const currencies = new Map<string, { readonly name: string; readonly symbol: string }>();
  for (const country of countries) {
    for (const [code, currency] of Object.entries(country.currencies)) {
      if (!currencies.has(code)) currencies.set(code, currency);
    }
  }
  return [...currencies].map(([code, { name, symbol }]) =>
    demoObject('Currency', currencyId(code), { code, name, symbol }),
  );
}

/** Country.borders, Country.languages and Country.currencies. */
export function buildCountryRelations(): readonly RelationRows[] {
  const alpha2 = new Map(countries.map((country) => [country.cca3, country.cca2]));
  const pairs = (relatedOf: (country: CountryRow) => readonly string[]) =>
    countries.flatMap((country) =>
      relatedOf(country).map((relatedId) => ({ ownerId: countryId(country.cca2), relatedId })),
    );
  const ownerClass = 'Country';
  return [
    {
      ownerClass,
      field: 'borders',
      pairs: pairs(({ borders }) =>
        borders.flatMap((code) => alpha2.get(code) ?? []).map(countryId),
      ),
    },
    {
      ownerClass,
      field: 'languages',
      pairs: pairs(({ languages }) => Object.keys(languages).map(languageId)),
    },
    {
      ownerClass,
      field: 'currencies',
      pairs: pairs(({ currencies }) => Object.keys(currencies).map(currencyId)),
    },
  ];
}

/** The object id of the country with this alpha-2 code. */
export function countryId(alpha2: string): string {
  return objectIdFor('Country', alpha2);
}

function languageId(code: string): string {
  return objectIdFor('Language', code);
}

function currencyId(code: string): string {
  return objectIdFor('Currency', code);
}
