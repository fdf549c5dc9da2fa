// The picture of the place one winds to, above the bar. Until it is there, and
// where there is none, there is no frame either.

import { useEffect, useState } from "preact/hooks";
import { fits, thumbAt } from "../thumbs";
import { useApps } from "./item";

const wide = 24; // rem

export function Preview(props: { at: number; share: number }) {
  const all = useApps((s) => (s.thumbs?.url === s.playback?.trickplay?.url ? s.thumbs?.all : undefined));
  const t = all && thumbAt(all, props.at);
  const size = useSize(t?.url);
  if (!t || !size || !fits(t, size.width, size.height)) return null;
  const box = t.box ?? { x: 0, y: 0, w: size.width, h: size.height };
  const scale = wide / box.w;
  return (
    <div class="preview" aria-hidden="true" style={{
      left: `clamp(${wide / 2}rem, ${props.share * 100}%, 100% - ${wide / 2}rem)`, width: `${wide}rem`, height: `${box.h * scale}rem`,
      backgroundImage: `url("${t.url}")`,
      backgroundSize: `${size.width * scale}rem ${size.height * scale}rem`,
      backgroundPosition: `${-box.x * scale}rem ${-box.y * scale}rem`,
    }} />
  );
}

const known = (url: string | undefined, at: { url: string; width: number; height: number } | undefined) =>
  at && at.url === url ? at : undefined;

/** How large a picture is, once it was loaded. */
function useSize(url: string | undefined): { width: number; height: number } | undefined {
  const [size, is] = useState<{ url: string; width: number; height: number }>();
  useEffect(() => {
    if (!url || known(url, size)) return undefined;
    const img = new Image();
    img.fetchPriority = "low";
    img.onload = () => is({ url, width: img.naturalWidth, height: img.naturalHeight });
    img.src = url;
    return () => {
      img.onload = null;
    };
  }, [url]);
  return known(url, size);
}
