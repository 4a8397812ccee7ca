import { z } from 'zod'
import { severities } from '../domain/severity.ts'
import { text } from './primitives.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The part of a source that is mirrored: what the vendor can filter by, and nothing else. Which sensor found something is
 * not among it: assets and findings name their sensors differently.
 */
export const SourceScope = z
  .strictObject({
    tags: z
      .array(z.strictObject({ key: text(200).describe('the category'), value: text(200) }))
      .max(100)
      .optional()
      .describe('values of one key are alternatives, different keys must all hold'),
    networks: z
      .array(
        z.string().regex(uuid, 'must be the id of a network: 36 characters, as GET /networks of the source shows it'),
      )
      .max(20)
      .optional()
      .describe('ids; any of them'),
    severities: z.array(z.enum(severities)).min(1).max(5).optional().describe('of findings; any of them'),
  })
  .meta({ id: 'SourceScope', description: 'What is left out does not limit; {} is everything.' })
export type SourceScope = z.infer<typeof SourceScope>
