import { z } from 'zod';

type Override = NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'];
type OverrideContext = Parameters<NonNullable<Override>>[0];

/** A schema as OpenAPI 3.1 writes it: what is sent (`input`) or what is answered (`output`). */
export function toOpenApi(schema: unknown, { schemaType }: { readonly schemaType: 'input' | 'output' }) {
  const {
    $schema: _dialect,
    $defs: components = {},
    ...json
  } = z.toJSONSchema(schema as z.ZodType, { io: schemaType, override: (context) => tidy(context, schemaType) });
  return { schema: json, components };
}

/** What helps to check a value, but tells a reader nothing; and what zod leaves out of what it transforms. */
function tidy({ zodSchema, jsonSchema }: OverrideContext, schemaType: 'input' | 'output'): void {
  // The format says it.
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  // A client must not stumble over a field that a later version adds.
  if (schemaType === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  // A record of names that are all known is an object like any other.
  const { propertyNames, additionalProperties: value } = jsonSchema;
  if (typeof propertyNames === 'object' && propertyNames.enum && value) {
    jsonSchema.properties = Object.fromEntries(propertyNames.enum.map((name) => [String(name), value]));
    delete jsonSchema.propertyNames;
    delete jsonSchema.additionalProperties;
  }
  const { def } = zodSchema._zod;
  if (schemaType === 'input' && def.type === 'default') jsonSchema.default = def.defaultValue;
}
