/** A real server as tests see it. */
export interface Service {
  readonly name: string
  readonly host: string
  /** 0 for a tool: nothing listens. */
  readonly port: number
  readonly url?: string
  /** What else is worth knowing: paths of tools, passwords, further addresses. Each server's file says which. */
  readonly info: Readonly<Record<string, string>>
}

export interface ServerOptions {
  /** Lines of the server's own configuration, over those given by default. */
  readonly settings?: Readonly<Record<string, string>>
  /** Further arguments of the server's command. */
  readonly flags?: readonly string[]
  /** For the JVMs, as in `512m`. */
  readonly heap?: string
  /** kafka: further listeners, name → protocol, as in `{ SECURE: 'SASL_SSL' }`; their addresses are in `info` under the name. */
  readonly listeners?: Readonly<Record<string, string>>
  /** kafka: further arguments of `StorageTool format`, as in `['--add-scram', 'SCRAM-SHA-512=[name=alice,password=secret]']`. */
  readonly formatArguments?: readonly string[]
  /** connect: the broker's address. Default: the kafka of the run. */
  readonly bootstrapServers?: string
  /** connect: folders with one plugin a subfolder. */
  readonly pluginFolders?: readonly string[]
  /** elasticsearch: turns security on, with this password for the user `elastic`. */
  readonly password?: string
  /** Ports that must be these, by the names a server gives them. Default: free ones, kept over restarts. */
  readonly ports?: Readonly<Record<string, number>>
}

/** Where one server lives, the same at every start of it. */
export interface Place {
  /** Its data, configuration and log. */
  readonly folder: string
  readonly options: ServerOptions
  /** A free port, the same for the same name. */
  port(name: string): Promise<number>
  /** Another server of the run. */
  need(name: string): Promise<Service>
}

/** How to start it: said anew for every start. */
export interface Launch {
  readonly service: Service
  readonly command: string
  readonly arguments: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Servers that refuse root run as `nobody` there, and own their folder. */
  readonly refusesRoot?: boolean
  /** Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
  /** Default SIGKILL, to it and its children. */
  readonly killSignal?: NodeJS.Signals
  /** Asks the server itself, by its protocol. */
  isReady(): Promise<boolean>
  /** Once it answers, before anybody uses it. */
  afterStart?(): Promise<void>
}

export interface ServerKind {
  readonly name: string
  /** Puts all it needs into the cache; nothing to do when that is there. Throws an error that says what to do. */
  install(): Promise<void>
  /** A tool has nothing to launch: where it is, only. */
  readonly tool?: () => Promise<Service>
  readonly launch?: (place: Place) => Promise<Launch>
}
