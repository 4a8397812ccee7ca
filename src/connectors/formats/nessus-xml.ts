import { SaxesParser } from 'saxes'
import { unreadable } from './unreadable.ts'

/** A ReportItem as it stands: its attributes, and its children's texts, which may repeat. */
export interface XmlItem {
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Map<string, string[]>
}

export interface XmlHost {
  readonly name: string
  readonly tags: Map<string, string>
}

/** What a policy had switched on, as far as the file says it. */
export interface XmlPolicy {
  name: string | null
  /** Of the server's preferences those that say what is looked at. */
  readonly preferences: Map<string, string>
  /** `enabled`, `disabled` or `mixed` by the family's name. */
  readonly families: Map<string, string>
  /** Of families that are mixed: by the plugin's id. */
  readonly plugins: Map<string, string>
}

export interface NessusEvents {
  /** Before the first host. Without it policies, which may be larger than the rest, are not looked at. */
  readonly onPolicy?: (policy: XmlPolicy) => void
  /** Before its first item; at its end when it has none. */
  readonly onHost: (host: XmlHost) => void
  /** Also of an item that stands outside any host. */
  readonly onItem: (item: XmlItem) => void
  readonly onHostEnd: () => void
  readonly onMalformed: (problem: string) => void
}

// A text beyond this is no output of a plugin; what follows of it is left out.
const textLimit = 8_000_000

/**
 * Follows a .nessus file without ever holding more than one item. Entities are the five of XML and numeric ones; a file
 * that declares its own is refused.
 */
export class NessusXml {
  readonly #parser = new SaxesParser({ position: false })
  readonly #events: NessusEvents
  readonly #name: string
  readonly #path: string[] = []
  #text: string[] | null = null
  #textSize = 0
  #host: XmlHost | null = null
  #isToldOf = false
  #tag: string | null = null
  #item: XmlItem | null = null
  #policy: PolicyReader | null = null
  #problem: string | null = null
  /** Of the outermost element. */
  #isClosed = false
  /** Long texts that were cut. */
  cutTexts = 0
  hasRoot = false

  constructor(name: string, events: NessusEvents) {
    this.#name = name
    this.#events = events
    this.#parser.on('doctype', () => {
      throw unreadable(
        'doctype_refused',
        `${this.#name} declares a document type, as no .nessus file does and attacks do. It was not read.`,
      )
    })
    this.#parser.on('error', error => this.#malformed(error.message))
    this.#parser.on('opentag', ({ name: tag, attributes }) => this.#open(tag, attributes as Record<string, string>))
    this.#parser.on('closetag', ({ name: tag }) => this.#close(tag))
    this.#parser.on('text', text => this.#take(text))
    this.#parser.on('cdata', text => this.#take(text))
  }

  push(text: string): void {
    this.#parser.write(text)
  }

  /** @returns why the file is not whole; null when it is */
  end(): string | null {
    const isWhole = this.#isClosed
    try {
      this.#parser.close()
    } catch (error) {
      if (isWhole) throw error
    }
    if (!isWhole) return 'The file ends in the middle: what came before was read, the rest is missing.'
    return this.#problem
  }

  #malformed(problem: string): void {
    if (this.#problem !== null) return
    this.#problem = `The file is not well-formed XML: ${problem.replace(/^undefined:\d+:\d+:? ?/, '')}`
    this.#events.onMalformed(this.#problem)
  }

  #open(tag: string, attributes: Record<string, string>): void {
    this.#path.push(tag)
    if (this.#path.length === 1) this.#root(tag)
    if (tag === 'Policy' && this.#path.length === 2 && this.#events.onPolicy) this.#policy = new PolicyReader()
    if (this.#policy?.wants(tag)) this.#begin()
    if (tag === 'ReportHost') {
      this.#host = { name: attributes.name ?? '', tags: new Map() }
      this.#isToldOf = false
    } else if (tag === 'ReportItem' && !this.#policy) {
      this.#tellHost()
      // One that was never closed.
      if (this.#item) this.#events.onItem(this.#item)
      this.#item = { attributes, children: new Map() }
    } else if (tag === 'tag' && this.#host && !this.#item) {
      this.#tag = attributes.name ?? ''
      this.#begin()
    } else if (this.#item && this.#path.at(-2) === 'ReportItem') {
      if (tag !== 'attachment') this.#begin()
    }
  }

  #root(tag: string): void {
    this.hasRoot = true
    if (tag === 'NessusClientData_v2') return
    if (tag === 'NessusClientData') {
      throw unreadable(
        'nessus_v1_refused',
        `${this.#name} is in the first .nessus format, which Nessus has not written since 2010. Open it in Nessus and export it again.`,
      )
    }
    throw unreadable(
      'file_not_understood',
      `${this.#name} is XML but no .nessus file: it begins with <${tag.slice(0, 60)}>.`,
    )
  }

  #begin(): void {
    this.#text = []
    this.#textSize = 0
  }

  #take(text: string): void {
    if (this.#text === null) return
    if (this.#textSize > textLimit) return
    this.#textSize += text.length
    if (this.#textSize > textLimit) this.cutTexts += 1
    this.#text.push(text)
  }

  #close(tag: string): void {
    if (this.#path.at(-1) === tag) this.#path.pop()
    if (this.#path.length === 0) this.#isClosed = true
    if (this.#policy) this.#closeInPolicy(tag, this.#policy)
    else if (tag === 'ReportHost') this.#endHost()
    else if (tag === 'ReportItem' && this.#item) {
      this.#events.onItem(this.#item)
      this.#item = null
    } else if (this.#text !== null) this.#keep(tag, this.#text.join(''))
    this.#text = null
  }

  #closeInPolicy(tag: string, policy: PolicyReader): void {
    policy.close(tag, this.#text?.join('') ?? '', this.#path.at(-1) ?? '')
    if (tag !== 'Policy' || this.#path.length !== 1) return
    this.#policy = null
    this.#events.onPolicy?.(policy.policy)
  }

  #keep(tag: string, text: string): void {
    if (this.#item) {
      const { children } = this.#item
      const known = children.get(tag)
      if (known) known.push(text)
      else children.set(tag, [text])
    } else if (this.#host && this.#tag !== null) {
      this.#host.tags.set(this.#tag, text)
      this.#tag = null
    }
  }

  #tellHost(): void {
    if (this.#isToldOf || !this.#host) return
    this.#isToldOf = true
    this.#events.onHost(this.#host)
  }

  #endHost(): void {
    this.#tellHost()
    this.#events.onHostEnd()
    this.#host = null
  }
}

const keptPreferences: ReadonlySet<string> = new Set(['plugin_set', 'port_range'])
const leaves: ReadonlySet<string> = new Set(['policyName', 'name', 'value', 'FamilyName', 'Status', 'PluginId'])

/** Puts together what stands beside each other in a policy: a preference's name and its value, a family and its status. */
class PolicyReader {
  readonly policy: XmlPolicy = { name: null, preferences: new Map(), families: new Map(), plugins: new Map() }
  #open = new Map<string, string>()

  wants(tag: string): boolean {
    return leaves.has(tag)
  }

  /** @param parent what is open around it */
  close(tag: string, text: string, parent: string): void {
    const { policy } = this
    if (leaves.has(tag)) this.#open.set(tag, text)
    const [name = '', value = ''] = [this.#open.get('name'), this.#open.get('value')]
    const status = this.#open.get('Status')?.trim() ?? ''
    if (tag === 'policyName') policy.name = text.trim() || null
    else if (tag === 'preference' && parent === 'ServerPreferences') {
      if (keptPreferences.has(name.trim())) policy.preferences.set(name.trim(), value)
    } else if (tag === 'FamilyItem') policy.families.set(this.#open.get('FamilyName')?.trim() ?? '', status)
    else if (tag === 'PluginItem') policy.plugins.set(this.#open.get('PluginId')?.trim() ?? '', status)
    else return
    this.#open.clear()
  }
}
