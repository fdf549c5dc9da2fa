// The pictures of profiles: small animals, drawn.

interface Animal {
  fur: string;
  ears: "pointed" | "round" | "long" | "tufts" | "none";
  inner: string; // of the ears, and the muzzle
  nose: string;
}

const animals: Record<string, Animal> = {
  fox: { fur: "#d9722e", ears: "pointed", inner: "#fbe9d6", nose: "#3b2414" },
  owl: { fur: "#8a6a4f", ears: "tufts", inner: "#efe0c8", nose: "#e9a23b" },
  whale: { fur: "#4f7fb8", ears: "none", inner: "#d8e8f7", nose: "#4f7fb8" },
  cat: { fur: "#6d6f7d", ears: "pointed", inner: "#f1d9d6", nose: "#e58f8f" },
  bear: { fur: "#7a5138", ears: "round", inner: "#d9b48f", nose: "#2d1c12" },
  bird: { fur: "#c9474f", ears: "none", inner: "#f7d9a3", nose: "#f2a33a" },
  frog: { fur: "#5d9c4a", ears: "round", inner: "#cfe8b5", nose: "#5d9c4a" },
  rabbit: { fur: "#b9a9c9", ears: "long", inner: "#f3e4ee", nose: "#d98ba0" },
};

const ears: Record<Animal["ears"], string> = {
  pointed: "M14 34 L18 8 L38 22 Z M66 34 L62 8 L42 22 Z",
  tufts: "M18 30 L14 12 L32 20 Z M62 30 L66 12 L48 20 Z",
  round: "M12 24 a9 9 0 1 1 18 0 a9 9 0 1 1 -18 0 M50 24 a9 9 0 1 1 18 0 a9 9 0 1 1 -18 0",
  long: "M24 34 q-6 -30 4 -32 q9 2 6 30 Z M56 34 q6 -30 -4 -32 q-9 2 -6 30 Z",
  none: "",
};

/** A face; it says nothing that the name beside it does not. */
export function Face(props: { avatar: string }) {
  const a = animals[props.avatar] ?? (animals["fox"] as Animal);
  return (
    <svg class="face" viewBox="0 0 80 80" aria-hidden="true">
      <circle cx="40" cy="40" r="40" fill="#ffffff14" />
      <path d={ears[a.ears]} fill={a.fur} />
      <ellipse cx="40" cy="46" rx="27" ry="25" fill={a.fur} />
      <ellipse cx="40" cy="56" rx="15" ry="12" fill={a.inner} />
      <circle cx="30" cy="42" r="3.6" fill="#1a1512" />
      <circle cx="50" cy="42" r="3.6" fill="#1a1512" />
      <path d="M36 51 h8 l-4 5 Z" fill={a.nose} />
    </svg>
  );
}
