/** Who speaks, in the requests of a group. */
export interface GroupMember {
  readonly group: string
  readonly generation: number
  readonly memberId: string
  /** `group.instance.id` of a static member. */
  readonly instanceId?: string | null
}
