const hidden = '[hidden]'

/** A secret: shows as `[hidden]` wherever it is printed (I5). `reveal()` is for the driver that needs it. */
export class Password {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  reveal(): string {
    return this.#secret
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hidden
  }
}
