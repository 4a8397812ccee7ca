import swagger from '@fastify/swagger'
import type { FastifyInstance, FastifySchema } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { type RouteSpec, routes, scopeOf } from '../../contract/routes.ts'
import { headersOf } from '../../contract/server-wide.ts'
import { headers as answerHeaders, completeOperations } from './server-wide.ts'

const tags = {
  configuration: 'Where to read from, and with which keys',
  sync: 'Bringing the mirror up to date',
  assets: 'Machines and other things that have findings',
  findings: 'What a plugin found on an asset',
  plugins: 'The vendor’s checks',
  feeds: 'What others publish about CVEs: EPSS and CISA’s catalogue of those that are exploited',
  networks: 'Networks, subnets, and machines that are in several',
  sensors: 'Scanners and agents',
  tags: 'Tags and what has them',
  scans: 'Scans, their runs, and what no scan has covered',
  compliance: 'Checks of audits, by check and by asset',
  devices: 'Machines across the sources of a tenant, and why they are one',
  groups: 'Whose an asset is, and what it belongs to',
  statistics: 'Numbers, each with what it leaves out',
  export: 'Files of any size',
  tables: 'The smaller tables as files: scans, compliance, networks, sensors, tags',
  quality: 'Records that are not as they should be',
  audit: 'Who did what',
  accounts: 'Signing in, people, roles and tokens',
  views: 'How people look at lists: saved views, columns, density',
  imports: 'Files of findings: brought, looked at, applied, undone',
  reconciliation: 'Files and the API compared, the cut-over from the one to the other, the quality of the data',
  maintenance: 'What is kept, for how long, and what becomes of it',
  service: 'The server itself',
} as const

/** Makes the OpenAPI 3.1 document from the schemas that requests are checked against. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tenfold',
        version,
        description:
          'A complete copy of your Tenable estate. Counts are of live, tracked assets whose licence is not false, unless include says otherwise; what they leave out stands beside them.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      components: {
        headers: answerHeaders as Record<string, object>,
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'tenfold_session',
            description:
              'Of a browser that is signed in; the name ends with the port, or begins with __Host- over https. Calls that change something repeat the value of the cookie tenfold_csrf in X-CSRF-Token.',
          },
          token: { type: 'http', scheme: 'bearer', description: 'An API token: tnf_…' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: document => {
      const tidied = tidy(jsonSchemaTransformObject(document))
      completeOperations(tidied)
      return tidied
    },
  })
}

interface OpenApiDocument {
  readonly paths?: Readonly<Record<string, unknown>>
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> }
}

const uploads = new Map(
  routes.flatMap(({ operationId, upload }) => (upload === undefined ? [] : [[operationId as string, upload] as const])),
)
const bodyOptional = new Set<string>(routes.filter(route => route.isBodyOptional).map(route => route.operationId))

/**
 * The converter makes every named schema twice, as input and as output. Keeps those that are used, and calls one that is
 * used in one way only by its own name.
 */
function tidy<D extends object>(document: D): D {
  const { paths, components }: OpenApiDocument = document
  const schemas = components?.schemas ?? {}
  const used = new Set<string>()
  const collect = (value: unknown) => {
    for (const [, name] of JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)) {
      if (used.has(name!)) continue
      used.add(name!)
      collect(schemas[name!])
    }
  }
  collect(paths)
  const nameOf = (name: string) => {
    const plain = name.replace(/Input$/, '')
    return plain !== name && !used.has(plain) && plain in schemas ? plain : name
  }
  const kept = Object.entries(schemas).filter(([name]) => used.has(name))
  const tidied = JSON.stringify({
    ...document,
    components: { ...components, schemas: Object.fromEntries(kept.map(([name, one]) => [nameOf(name), one])) },
  }).replaceAll(
    /"#\/components\/schemas\/([A-Za-z]+)"/g,
    (_whole, name: string) => `"#/components/schemas/${nameOf(name)}"`,
  )
  return JSON.parse(tidied, (_key, value: unknown) => {
    const operation = value as {
      operationId?: string
      requestBody?: { required?: boolean; content: Record<string, unknown> }
    } | null
    const upload = uploads.get(operation?.operationId ?? '')
    if (operation?.requestBody && upload) {
      for (const type of [upload].flat()) {
        operation.requestBody.content[type] = { schema: { type: 'string', format: 'binary' } }
      }
    }
    if (operation?.requestBody && bodyOptional.has(operation.operationId ?? '')) operation.requestBody.required = false
    return value
  }) as D
}

/** A stranger shows nothing; what changes who somebody is takes a browser. */
function securityOf(route: RouteSpec): readonly Readonly<Record<string, readonly string[]>>[] {
  if (route.role === 'stranger') return []
  const scope = scopeOf(route)
  return scope === 'session' ? [{ session: [] }] : [{ session: [] }, { token: [scope] }]
}

/** Strangers are let in there, and refused when they are not who they say. */
function asksWhoItIs({ operationId }: RouteSpec): boolean {
  return operationId === 'signIn'
}

/** A route's schemas as the server wants them. */
export function schemaOf(route: RouteSpec): FastifySchema {
  const schema: Record<string, unknown> = {
    operationId: route.operationId,
    summary: route.summary,
    tags: route.tags,
    'x-role': route.role,
    security: securityOf(route),
    response: Object.fromEntries(
      Object.entries(route.responses).map(([status, { description, content }]) => [
        status,
        {
          description,
          content: Object.fromEntries(Object.entries(content).map(([type, one]) => [type, { schema: one }])),
        },
      ]),
    ),
  }
  if (route.role === 'stranger' && !asksWhoItIs(route)) delete (schema.response as Record<string, unknown>)['401']
  if (route.description !== undefined) schema.description = route.description
  if (route.params) schema.params = route.params
  if (route.query) schema.querystring = route.query
  if (route.body) schema.body = route.body
  const headers = headersOf(route)
  if (headers) schema.headers = headers
  return schema as FastifySchema
}
