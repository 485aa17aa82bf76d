/** The parts of index.html that the demo fills in, each found once and by its type. A missing one is our own mistake. */

export interface Page {
  readonly skipLink: HTMLButtonElement
  readonly document: HTMLElement
  readonly roomName: HTMLElement
  readonly peers: HTMLElement
  readonly identityButton: HTMLButtonElement
  readonly copyLink: HTMLButtonElement
  readonly steps: HTMLElement
  readonly headline: HTMLElement
  readonly headlineButton: HTMLButtonElement
  readonly pending: HTMLElement
  readonly pendingCount: HTMLElement
  readonly connection: HTMLElement
  readonly connectionText: HTMLElement
  readonly offlineSwitch: HTMLButtonElement
  readonly announcement: HTMLElement
  readonly roomsPanel: HTMLElement
  readonly roomForm: HTMLFormElement
  readonly roomInput: HTMLInputElement
  readonly roomError: HTMLElement
  readonly recentRooms: HTMLElement
  readonly newRoom: HTMLButtonElement
  readonly download: HTMLButtonElement
  readonly identityForm: HTMLFormElement
  readonly nameInput: HTMLInputElement
  readonly swatches: HTMLElement
  readonly details: HTMLElement
  readonly problem: HTMLElement
  readonly rejected: HTMLElement
  readonly exportRejected: HTMLButtonElement
}

export function findPage(): Page {
  return {
    skipLink: find('#skip-link', HTMLButtonElement),
    document: find('#document', HTMLElement),
    roomName: find('#room-name', HTMLElement),
    peers: find('#peers', HTMLElement),
    identityButton: find('#identity-button', HTMLButtonElement),
    copyLink: find('#copy-link', HTMLButtonElement),
    steps: find('#steps', HTMLElement),
    headline: find('#headline', HTMLElement),
    headlineButton: find('#headline-button', HTMLButtonElement),
    pending: find('#pending', HTMLElement),
    pendingCount: find('#pending-count', HTMLElement),
    connection: find('#connection', HTMLElement),
    connectionText: find('#connection-text', HTMLElement),
    offlineSwitch: find('#offline-switch', HTMLButtonElement),
    announcement: find('#announcement', HTMLElement),
    roomsPanel: find('#rooms-panel', HTMLElement),
    roomForm: find('#room-form', HTMLFormElement),
    roomInput: find('#room-input', HTMLInputElement),
    roomError: find('#room-error', HTMLElement),
    recentRooms: find('#recent-rooms', HTMLElement),
    newRoom: find('#new-room', HTMLButtonElement),
    download: find('#download', HTMLButtonElement),
    identityForm: find('#identity-form', HTMLFormElement),
    nameInput: find('#name-input', HTMLInputElement),
    swatches: find('#swatches', HTMLElement),
    details: find('#details', HTMLElement),
    problem: find('#problem', HTMLElement),
    rejected: find('#rejected', HTMLElement),
    exportRejected: find('#export-rejected', HTMLButtonElement),
  }
}

/** The element that `selector` names, checked to be of `type`. */
export function find<Type extends Element>(
  selector: string,
  type: new () => Type,
  within: ParentNode = document,
): Type {
  const element = within.querySelector(selector)
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} at ${selector}`)
  return element
}
