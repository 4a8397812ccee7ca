import type { ExportFormat } from '../../contract/routes.ts'
import type { JsonObject } from '../../domain/json.ts'
import { administrationOf } from '../../store/accounts/administration.ts'
import { recordAudit } from '../../store/audit.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import * as files from '../../store/table-files.ts'
import type { Handlers, Services, StreamHandler } from '../handler.ts'
import { momentOf } from '../moment-of.ts'
import { exported, sendFile } from './streams.ts'
import { administrationBy } from './users.ts'

/** The smaller tables as files. */
export const tableExportHandlers = {
  exportScans: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'scans', format, options => files.scanFile(services.database, filter, options))
  },
  exportScanCoverage: (services, call, reply) => {
    const { format, by, days, ...filter } = call.query
    const request = { filter, days, now: services.clock.now() }
    return send(services, call, reply, 'scan-coverage', format, options =>
      files.coverageFile(services.database, request, by, options),
    )
  },
  exportScanRuns: (services, call, reply) =>
    send(services, call, reply, 'scan-runs', call.query.format, options =>
      files.scanRunFile(services.database, call.params.id, options),
    ),
  exportCompliance: (services, call, reply) => {
    const { format, group, as_of: asOf, ...filter } = call.query
    return send(services, call, reply, 'compliance', format, options =>
      files.complianceFile(services.database, { filter, asOf }, group ?? 'result', options),
    )
  },
  exportNetworks: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'networks', format, options =>
      files.networkFile(services.database, filter, options),
    )
  },
  exportSubnets: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'subnets', format, options =>
      files.subnetFile(services.database, { id: call.params.id, filter }, options),
    )
  },
  exportMultiHomed: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'multi-homed', format, options =>
      files.multiHomedFile(services.database, { id: call.params.id, filter }, options),
    )
  },
  exportScanners: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'scanners', format, options =>
      files.scannerFile(services.database, filter, options),
    )
  },
  exportAgents: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'agents', format, options => files.agentFile(services.database, filter, options))
  },
  exportTags: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'tags', format, options => files.tagFile(services.database, filter, options))
  },
  exportDevices: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'devices', format, options =>
      files.deviceFile(services.database, filter, options),
    )
  },
  exportTagMembers: (services, call, reply) => {
    const moment = momentOf(call.query.as_of, call.query.known_at)
    return send(services, call, reply, 'tag-members', call.query.format, options =>
      files.tagMemberFile(services.database, call.params.id, moment, options),
    )
  },
  exportFindingPlugins: (services, call, reply) => {
    const { format, sort, columns, ...filter } = call.query
    return send(services, call, reply, 'plugins', format, options =>
      files.findingPluginFile(services.database, { filter, sort, columns }, options),
    )
  },
  exportJobs: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'runs', format, options => files.runFile(services.database, filter, options))
  },
  exportRejected: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'rejected', format, options =>
      files.rejectedFile(services.database, filter, options),
    )
  },
  exportQualityIssues: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'quality', format, options =>
      files.qualityFile(services.database, filter, options),
    )
  },
  exportAudit: (services, call, reply) => {
    const { format, ...filter } = call.query
    const administration = administrationOf(call.principal?.grants ?? [])
    return send(services, call, reply, 'audit', format, options =>
      files.auditFile(services.database, administration, filter, options),
    )
  },
  exportUsers: (services, call, reply) => {
    const administration = administrationBy(call.principal)
    return send(services, call, reply, 'users', call.query.format, options =>
      files.userFile(services.unscoped, administration, options),
    )
  },
  exportTokens: (services, call, reply) => {
    const of = call.query.all ? administrationBy(call.principal) : { userId: call.principal!.userId }
    return send(services, call, reply, 'tokens', call.query.format, options =>
      files.tokenFile(services.unscoped, of, options),
    )
  },
  exportGroupRules: (services, call, reply) => {
    refuseNarrowed(services.database)
    return send(services, call, reply, 'group-rules', call.query.format, options =>
      files.groupRuleFile(services.unscoped, services.clock.now(), options),
    )
  },
  exportImports: (services, call, reply) => {
    const { format, ...filter } = call.query
    return send(services, call, reply, 'imports', format, options =>
      files.importFile(services.database, filter, options),
    )
  },
} satisfies Partial<Handlers>

type ExportCall = Pick<Parameters<StreamHandler<'exportScans'>>[1], 'actor' | 'signal'> & {
  readonly params?: object | undefined
  readonly query: object
}

/** Who took what is in the audit before the first row leaves. */
async function send(
  { unscoped, slots }: Services,
  { actor, signal, params, query }: ExportCall,
  reply: Parameters<typeof sendFile>[1],
  name: string,
  format: ExportFormat,
  fileOf: (options: files.FileOptions) => AsyncGenerator<string | Uint8Array>,
) {
  const { format: _format, ...filter } = query as JsonObject
  await recordAudit(unscoped, exported(actor, name.replaceAll('-', '_'), { format, ...params, filter }))
  return sendFile(slots, reply, name, format, fileOf({ format, signal }))
}
