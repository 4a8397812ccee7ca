// OpenAPI 3.1 as far as our document uses it, written from the specification (https://spec.openapis.org/oas/v3.1.1), and
// closed: a key that OpenAPI does not know at its place is refused. Schemas are JSON Schema 2020-12, which the
// validator checks by itself when it compiles them.

const object = (properties: object, required: readonly string[] = [], more: object = {}) => ({
  type: 'object',
  properties,
  required,
  patternProperties: { '^x-': true },
  additionalProperties: false,
  ...more,
})
const mapOf = (value: object, key?: object) => ({
  type: 'object',
  additionalProperties: value,
  ...(key ? { propertyNames: key } : {}),
})
const text = { type: 'string' }
const filled = { type: 'string', minLength: 1 }
const either = (value: object) => ({
  if: { type: 'object', required: ['$ref'] },
  // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's word
  then: object({ $ref: { type: 'string', pattern: '^#/components/' }, summary: text, description: text }, ['$ref']),
  else: value,
})
const def = (name: string) => ({ $ref: `#/$defs/${name}` })

const shared = {
  schema: def('schema'),
  content: { ...mapOf(def('media')), minProperties: 1, maxProperties: 1 },
  example: true,
  examples: mapOf(either(object({ summary: text, description: text, value: true, externalValue: text }))),
  description: text,
  deprecated: { type: 'boolean' },
  required: { type: 'boolean' },
  style: text,
  explode: { type: 'boolean' },
}
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']

export const openApi31 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...object(
    {
      openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
      info: object(
        {
          title: filled,
          version: filled,
          summary: text,
          description: text,
          termsOfService: text,
          contact: object({ name: text, url: text, email: text }),
          license: object({ name: filled, identifier: text, url: text }, ['name'], {
            not: { required: ['identifier', 'url'] },
          }),
        },
        ['title', 'version'],
      ),
      servers: {
        type: 'array',
        items: object({ url: filled, description: text, variables: { type: 'object' } }, ['url']),
      },
      paths: {
        type: 'object',
        propertyNames: { pattern: '^/' },
        additionalProperties: def('path'),
      },
      components: def('components'),
      security: { type: 'array', items: def('security') },
      tags: {
        type: 'array',
        uniqueItems: true,
        items: object({ name: filled, description: text, externalDocs: { type: 'object' } }, ['name']),
      },
    },
    ['openapi', 'info', 'paths'],
  ),
  $defs: {
    schema: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
    security: mapOf({ type: 'array', items: text }),
    path: object({
      summary: text,
      description: text,
      parameters: { type: 'array', items: either(def('parameter')), uniqueItems: true },
      ...Object.fromEntries(methods.map(method => [method, def('operation')])),
    }),
    operation: object(
      {
        tags: { type: 'array', items: filled },
        summary: filled,
        description: text,
        operationId: filled,
        parameters: { type: 'array', items: either(def('parameter')), uniqueItems: true },
        requestBody: either(
          object({ description: text, content: mapOf(def('media')), required: { type: 'boolean' } }, ['content']),
        ),
        responses: {
          ...mapOf(either(def('response')), { pattern: '^([1-5](\\d\\d|XX)|default)$' }),
          minProperties: 1,
        },
        deprecated: { type: 'boolean' },
        security: { type: 'array', items: def('security') },
      },
      ['operationId', 'responses'],
    ),
    parameter: object(
      {
        name: filled,
        in: { enum: ['query', 'header', 'path', 'cookie'] },
        allowEmptyValue: { type: 'boolean' },
        allowReserved: { type: 'boolean' },
        ...shared,
      },
      ['name', 'in'],
      {
        oneOf: [{ required: ['schema'] }, { required: ['content'] }],
        if: { properties: { in: { const: 'path' } } },
        // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's word
        then: { properties: { required: { const: true } }, required: ['required'] },
      },
    ),
    response: object(
      {
        description: filled,
        headers: mapOf(either(object(shared))),
        content: mapOf(def('media'), { pattern: '^[a-z]+/[a-z0-9.+-]+$' }),
        links: { type: 'object' },
      },
      ['description'],
    ),
    media: object({ schema: def('schema'), example: true, examples: shared.examples, encoding: { type: 'object' } }),
    components: object({
      schemas: mapOf(def('schema'), { pattern: '^[a-zA-Z0-9._-]+$' }),
      headers: mapOf(either(object(shared))),
      responses: mapOf(either(def('response'))),
      parameters: mapOf(either(def('parameter'))),
      securitySchemes: mapOf({
        oneOf: [
          object(
            { type: { const: 'apiKey' }, in: { enum: ['query', 'header', 'cookie'] }, name: filled, description: text },
            ['type', 'in', 'name'],
          ),
          object({ type: { const: 'http' }, scheme: filled, bearerFormat: text, description: text }, [
            'type',
            'scheme',
          ]),
        ],
      }),
    }),
  },
}
