/** The HTTP API described for programs (OpenAPI 3.1), from the table of its routes. */
import { apiRoutes, type ApiParameter, type ApiRoute } from './api-routes.ts'
import { problemCodes } from './problem.ts'

type Json = Readonly<Record<string, unknown>>

const bytesSchema: Json = { type: 'string', contentMediaType: 'application/octet-stream' }

/** The description; `base` is the path of the API on this server. */
export function openApi(base: string, version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of apiRoutes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route)
  return {
    openapi: '3.1.0',
    info: { title: 'Syncline relay', version, description: 'Rooms of Yjs documents, over HTTP.' },
    servers: [{ url: base }],
    paths,
    components: {
      schemas: {
        Problem: {
          type: 'object',
          description: 'Problem details (RFC 9457). Branch on `code`.',
          required: ['type', 'title', 'status', 'detail', 'code', 'retryable'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            code: { type: 'string', enum: problemCodes },
            retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
          },
        },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    // None: a relay without authorization serves its own machine.
    security: [{ bearer: [] }, {}],
  }
}

const inPath: readonly ApiParameter[] = [
  { name: 'room', description: 'The name of the room, percent-encoded.', schema: { type: 'string' } },
  { name: 'subject', description: 'As tokens name it, percent-encoded.', schema: { type: 'string' } },
]

function operation({ operationId, summary, path, query, body, answer, access }: ApiRoute): Json {
  return {
    operationId,
    summary,
    description: access === 'operator' ? 'For the operator.' : `Needs ${access} access to the room.`,
    parameters: [
      ...inPath.filter(({ name }) => path.includes(`{${name}}`)).map((each) => parameter(each, 'path')),
      ...query.map((each) => parameter(each, 'query')),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: `${body.description} At most \`${body.bytesMax}\` bytes.`,
            content: { 'application/octet-stream': { schema: bytesSchema } },
          },
        }),
    responses: { [answer.kind === 'nothing' ? '204' : '200']: success(answer), default: failure },
  }
}

function parameter({ name, description, schema }: ApiParameter, where: 'path' | 'query'): Json {
  return { name, in: where, required: where === 'path', description, schema }
}

function success(answer: ApiRoute['answer']): Json {
  const { description } = answer
  if (answer.kind === 'nothing') return { description }
  if (answer.kind === 'json') return { description, content: { 'application/json': { schema: answer.schema } } }
  const position = { description: 'The position that it reaches: epoch/seq.', schema: { type: 'string' } }
  return {
    description,
    headers: { 'Syncline-Position': position },
    content: { 'application/octet-stream': { schema: bytesSchema } },
  }
}

const failure: Json = {
  description: 'What went wrong.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}
