/**
 * Where Tapline answers otherwise than a Kafka Connect 4.3.1 worker, and why. Published in the OpenAPI document. Nothing that a client could
 * lean on belongs here: each line is a mistake of the client answered as one, a secret kept, or a name that stays reachable.
 */
export interface Difference {
  readonly where: string
  readonly connect: string
  readonly tapline: string
  readonly why: string
}

export const differences: readonly Difference[] = [
  {
    where: 'A body that is not JSON, or not UTF-8',
    connect: "500 with the parser's text",
    tapline: '400, with line and column and without quoting the body',
    why: "The mistake is the client's, and the body holds secrets.",
  },
  {
    where: 'An empty body where one is needed; POST /connectors without config',
    connect: '500, a null dereference',
    tapline: '400, which names what is missing',
    why: "The mistake is the client's.",
  },
  {
    where: 'An unknown field beside name, config and initial_state',
    connect: '500 `Unrecognized field`',
    tapline: '400, with the field and a JSON pointer to it',
    why: "The mistake is the client's.",
  },
  {
    where: 'A config that is an array, or a config value that is an object or an array',
    connect: '500 `Cannot deserialize value`',
    tapline: '400, with a JSON pointer to it',
    why: "The mistake is the client's.",
  },
  {
    where: 'An unknown initial_state',
    connect: '500 `No enum constant`',
    tapline: '400, with the three that exist',
    why: "The mistake is the client's.",
  },
  {
    where: 'PUT /connector-plugins/{plugin}/config/validate without connector.class, or unknown',
    connect: '500 with the name of an exception class in the message',
    tapline: '400 with the message alone',
    why: "The mistake is the client's.",
  },
  {
    where: 'Error messages that would hold a password of the request',
    connect: 'the whole config, secrets included',
    tapline: '[hidden] in its place',
    why: 'Error texts end up in logs and tickets.',
  },
  {
    where: 'Error bodies',
    connect: 'error_code and message',
    tapline: 'code, and pointer and fix where they are known, beside them',
    why: 'Programs can tell errors apart, people learn what to do.',
  },
  {
    where: 'Errors of the routing (404, 405, 406, 415)',
    connect: 'a JSON body without Content-Type',
    tapline: 'Content-Type: application/json; 405 carries Allow',
    why: 'Clients that look at the type can read the body.',
  },
  {
    where: 'Bad URLs, empty path segments, and requests while the worker starts',
    connect: 'an HTML page; every path 404 until the herder has started',
    tapline: 'the JSON error body; 503 until the herder has started',
    why: 'A 404 for a connector that exists misleads whoever asks.',
  },
  {
    where: 'A name with an encoded slash (%2F) in a path',
    connect: '400 `Ambiguous URI path separator`',
    tapline: 'the connector of that name',
    why: 'It could be created and then never be reached again.',
  },
  {
    where: 'A config with wrong topic.creation values',
    connect: 'accepted; the connector is FAILED when it starts',
    tapline: '400, and errors on these keys in a validate answer',
    why: 'The mistake is known at once; right values are answered as Connect answers them.',
  },
  {
    where:
      'PATCH of offsets: a body of another shape, values that are no primitives, an offset that FileStreamSource refuses',
    connect: '500',
    tapline: '400 with the same message, or one that names the place',
    why: "The mistake is the client's.",
  },
  {
    where: 'A validate answer for a key whose value is a reference to a config provider',
    connect: 'what the reference stands for, unless the key is of type PASSWORD',
    tapline: 'the reference; [hidden] in error texts',
    why: 'Whoever may name a secret is not told it.',
  },
  {
    where: 'A body above rest.body.max.bytes, a body that stalls',
    connect: 'no limit; the connection waits',
    tapline: '413; 408 and the connection is closed',
    why: 'One client must not take the memory or the sockets of all.',
  },
]
