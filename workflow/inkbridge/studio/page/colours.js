/* Colours of ink and paper, as the project file names them: "as drawn", or INK,PAPER as in CSS. */

export const AS_DRAWN = "as drawn";

const probe = document.createElement("canvas").getContext("2d");

/* A colour of CSS as #rrggbb. */
function hexadecimal(colour) {
  probe.fillStyle = "#000000";
  probe.fillStyle = colour;
  return probe.fillStyle;
}

/* {ink, paper}, each #rrggbb; the paper is null if it is transparent. */
export function parsed(colours) {
  if (colours === AS_DRAWN) return { ink: "#000000", paper: "#ffffff" };
  const cut = colours.lastIndexOf(",");
  const [ink, paper] = [colours.slice(0, cut).trim(), colours.slice(cut + 1).trim()];
  return { ink: hexadecimal(ink), paper: paper === "transparent" ? null : hexadecimal(paper) };
}

export function written({ ink, paper }) {
  return ink === "#000000" && paper === "#ffffff" ? AS_DRAWN : `${ink},${paper ?? "transparent"}`;
}
