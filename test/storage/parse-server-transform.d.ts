declare module 'parse-server/lib/Adapters/Storage/Mongo/MongoTransform.js' {
  interface RestSchema {
    readonly fields: Readonly<
      Record<string, { readonly type: string; readonly targetClass?: string }>
    >;
  }
  type Json = Record<string, unknown>;

  export function parseObjectToMongoObjectForCreate(
    className: string,
    object: object,
    schema: RestSchema,
  ): Json;
  export function mongoObjectToParseObject(
    className: string,
    document: object,
    schema: RestSchema,
  ): Json;
  export function transformUpdate(className: string, update: object, schema: RestSchema): Json;
  export function transformWhere(className: string, where: object, schema: RestSchema): Json;
}
