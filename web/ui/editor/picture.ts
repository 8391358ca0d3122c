// A picture on its way into an article: made small enough for an old phone, kept at the server, and put where the cursor stands with
// its words chosen, so that they are the first thing to be written.
import type { Room } from './context'
import type { Pen } from './fieldload'
import { bring } from './api'

/** The longest side that is kept, and what may be sent as it is. */
const side = 1600
const small = 300_000
const most = 2 << 20

/** add brings pictures in, one after the other. */
export async function add(room: Room, pen: Pen, files: Iterable<File>) {
  for (const file of files) {
    room.notice.value = room.t('picture_coming', { name: file.name })
    const kept = await room.attempt(async () => bring(file.name, await lighten(file), room.lang.value))
    room.notice.value = ''
    if (!kept) return
    pen.tools.insert(pen.view, `![…](${kept.path})`, '…')
  }
}

/** lighten makes a photograph small, and leaves out what a camera writes beside it: where it was taken. */
async function lighten(file: File): Promise<Blob> {
  if (file.type === 'image/gif' || (file.type !== 'image/jpeg' && file.size <= small)) return file
  let drawn: ImageBitmap
  try {
    drawn = await createImageBitmap(file)
  } catch {
    return file // the server says what is wrong with it
  }
  const by = Math.min(1, side / Math.max(drawn.width, drawn.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(drawn.width * by))
  canvas.height = Math.max(1, Math.round(drawn.height * by))
  const to = canvas.getContext('2d')
  if (!to) return file
  const encode = (type: string) => new Promise<Blob | null>((done) => canvas.toBlob(done, type, 0.85))
  to.drawImage(drawn, 0, 0, canvas.width, canvas.height)
  const same = file.type === 'image/jpeg' ? null : await encode('image/png') // it may have holes
  if (same && same.size <= most) return same
  to.globalCompositeOperation = 'destination-over'
  to.fillStyle = '#fff'
  to.fillRect(0, 0, canvas.width, canvas.height)
  return (await encode('image/jpeg')) ?? file
}

/** pictures are the pictures among what was pasted or dropped; none where there are words too, as from a text processor. */
export function pictures(data: DataTransfer | null): File[] {
  if (data?.types.includes('text/plain')) return []
  return [...(data?.files ?? [])].filter((f) => f.type.startsWith('image/'))
}
