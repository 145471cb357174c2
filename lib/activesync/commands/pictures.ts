/** Photos of people in Search, Find and ResolveRecipients: which of them a device gets (MS-ASCMD 2.2.3.135), since 14.1. */
import { CommonStatus, child, type Element, element, integer, type TagName } from '../protocol/index.ts';

/** MS-ASCMD 2.2.3.105: MaxSize is 102,400 bytes at the most. */
const MAX_SIZE_BYTES = 102_400;

export interface PictureTags {
  readonly request: TagName;
  readonly maxSize: TagName;
  readonly maxPictures: TagName;
  readonly picture: TagName;
  readonly status: TagName;
  readonly data: TagName;
}

export const GAL_PICTURE = { picture: 'GAL:Picture', status: 'GAL:Status', data: 'GAL:Data' } as const;

/** One for each query (R3291): it counts the photos that it gives. */
export interface Pictures {
  next(photo: Uint8Array | undefined): Element;
}

/** Undefined where the device asks for no photos. Throws MalformedValue for bounds that are no numbers. */
export function picturesOf(options: Element | undefined, tags: PictureTags): (() => Pictures) | undefined {
  const asked = child(options, tags.request);
  if (asked === undefined) return undefined;
  const maxSizeBytes = Math.min(integer(asked, tags.maxSize) ?? MAX_SIZE_BYTES, MAX_SIZE_BYTES);
  const maxPictures = integer(asked, tags.maxPictures) ?? Number.POSITIVE_INFINITY;
  return () => {
    let given = 0;
    return {
      next(photo) {
        const status = statusOf(photo, maxSizeBytes, given >= maxPictures);
        if (status === undefined) given += 1;
        return element(
          tags.picture,
          element(tags.status, status ?? SUCCESS),
          status === undefined && photo !== undefined && element(tags.data, photo),
        );
      },
    };
  };
}

const SUCCESS = 1;

/** R3287 to R3289: why there is none, in this order; undefined if there is one. */
function statusOf(photo: Uint8Array | undefined, maxSizeBytes: number, isFull: boolean): number | undefined {
  if (photo === undefined) return CommonStatus.noPicture;
  if (photo.length > maxSizeBytes) return CommonStatus.pictureTooLarge;
  return isFull ? CommonStatus.pictureLimitReached : undefined;
}
