import { z } from 'zod';

type Override = NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'];
type OverrideContext = Parameters<NonNullable<Override>>[0];

/** Converts a zod schema to OpenAPI 3.1, for a request (`input`) or for a response (`output`). */
export function toOpenApi(schema: unknown, { schemaType }: { readonly schemaType: 'input' | 'output' }) {
  const {
    $schema: _dialect,
    $defs: components = {},
    ...json
  } = z.toJSONSchema(schema as z.ZodType, { io: schemaType, override: (context) => simplify(context, schemaType) });
  if (schemaType === 'input') for (const component of Object.values(components)) explainDefaults(component);
  return { schema: json, components };
}

/** Generators take a property of a component that has a default for one that is always there. */
function explainDefaults({ properties = {} }: z.core.JSONSchema.BaseSchema): void {
  for (const property of Object.values(properties)) {
    if (typeof property === 'boolean' || property.default === undefined) continue;
    const text = `${JSON.stringify(property.default)} by default.`;
    property.description = [property.description, text].filter(Boolean).join(' ');
    delete property.default;
  }
}

/** Removes constraints that do not help a reader, and adds the defaults that zod leaves out of input schemas. */
function simplify({ zodSchema, jsonSchema }: OverrideContext, schemaType: 'input' | 'output'): void {
  // Implied by the format.
  if (jsonSchema.format) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  // Clients must accept fields that a later version adds.
  if (schemaType === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
  // A record with a fixed set of keys is described as an object with these properties.
  const { propertyNames, additionalProperties: value } = jsonSchema;
  if (typeof propertyNames === 'object' && propertyNames.enum && value) {
    jsonSchema.properties = Object.fromEntries(propertyNames.enum.map((name) => [String(name), value]));
    delete jsonSchema.propertyNames;
    delete jsonSchema.additionalProperties;
  }
  const { def } = zodSchema._zod;
  if (schemaType === 'input' && def.type === 'default') jsonSchema.default = def.defaultValue;
}
