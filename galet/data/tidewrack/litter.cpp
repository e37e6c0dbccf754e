// Draws from the dice stand in braces or in statements of their own, never side by side in a call or a product: C++ leaves the order there
// to the compiler.
#include "galet/data/tidewrack/litter.h"

#include <array>
#include <cmath>

namespace galet::data::tidewrack {
namespace {

using Parts = std::vector<Part>;

Rgb grey(float v) { return {v, v, v}; }

/// Colours that packaging has; classes share them, so colour alone tells little.
Rgb paint(Dice& dice) {
  static constexpr Rgb kPaints[] = {{.72f, .08f, .07f}, {.06f, .18f, .60f}, {.05f, .42f, .14f}, {.85f, .62f, .07f},
                                    {.84f, .84f, .82f}, {.07f, .07f, .08f}, {.80f, .32f, .06f}, {.10f, .45f, .55f},
                                    {.45f, .12f, .40f}, {.50f, .48f, .45f}, {.62f, .45f, .28f}, {.78f, .74f, .62f}};
  const Rgb c = kPaints[dice.below(12)];
  const float k = dice.in(0.7f, 1.15f), fade = dice.in(0.f, 0.45f), g = (c.r + c.g + c.b) / 3.f;
  return mix(c * k, grey(g * 0.7f + 0.2f), fade);
}
Rgb white(Dice& dice) {
  const float v = dice.in(.62f, .95f), warm = dice.in(-.05f, .08f);
  return {v + warm * .5f, v, v - warm};
}
Rgb plastic(Dice& dice) {
  static constexpr Rgb kTints[] = {{.70f, .78f, .80f}, {.55f, .72f, .82f}, {.42f, .66f, .44f}, {.70f, .70f, .66f}, {.50f, .33f, .14f}};
  const Rgb tint = kTints[dice.below(5)];
  return tint * dice.in(.75f, 1.1f);
}

void turn(Part& part, float turns) {
  part.cos = cos_turns(turns);
  part.sin = sin_turns(turns);
}
struct Line {
  float x0, y0, x1, y1, radius;
  Rgb colour;
};
/// A thick line from (x0, y0) to (x1, y1).
Part line(const Line& l) {
  const float dx = l.x1 - l.x0, dy = l.y1 - l.y0, length = std::sqrt(dx * dx + dy * dy) + 1e-6f;
  Part made{Form::capsule, (l.x0 + l.x1) * .5f, (l.y0 + l.y1) * .5f, length * .5f, l.radius, 0, l.colour, Shade::round_y};
  made.cos = dx / length;
  made.sin = dy / length;
  return made;
}
/// A printed surface: one of the patterns, in a second colour.
void print(Part& part, Dice& dice) {
  part.colour2 = paint(dice);
  part.seed = dice.seed32();
  switch (dice.below(5)) {
    case 0:
      part.pattern = Pattern::none;
      break;
    case 1:
      part.pattern = Pattern::band, part.p = part.b * dice.in(.2f, .5f), part.q = part.b * dice.in(-.4f, .4f);
      break;
    case 2:
      part.pattern = Pattern::slanted, part.p = dice.in(.5f, 1.3f), part.q = dice.in(0, 1);
      break;
    case 3:
      part.pattern = Pattern::bars, part.p = dice.in(.6f, 1.6f), part.q = dice.in(0, 1);
      break;
    default:
      part.pattern = Pattern::patches, part.p = dice.in(1.5f, 3.f), part.q = dice.in(.45f, .65f);
      break;
  }
}

Parts bottle(Dice& dice) {
  const bool opaque = dice.chance(.4f);
  const Rgb colour = opaque ? paint(dice) : plastic(dice);
  const float alpha = opaque ? 1.f : dice.in(.5f, .85f), w = dice.in(.24f, .42f), neck = w * dice.in(.32f, .55f),
              top = dice.in(-.55f, -.2f);
  const float collar = top - dice.in(.12f, .38f), gloss = dice.in(.1f, .6f);
  Parts parts{Part{Form::box, 0, (top + .95f) * .5f, w, (.95f - top) * .5f, w * dice.in(.15f, .5f), colour, Shade::round_x},
              Part{Form::trapezoid, 0, (top + collar) * .5f + .03f, neck, (top - collar) * .5f + .04f, w * .97f, colour, Shade::round_x},
              Part{Form::box, 0, (collar - .93f) * .5f, neck, (collar + .93f) * .5f + .03f, 0, colour, Shade::round_x}};
  for (Part& p : parts) p.alpha = alpha, p.gloss = gloss;
  if (dice.chance(.75f)) parts.push_back(Part{Form::box, 0, -.9f, neck * 1.25f, dice.in(.06f, .12f), .02f, paint(dice), Shade::round_x});
  if (dice.chance(.65f)) {
    Part label{Form::box, 0, dice.in(.1f, .45f), w, dice.in(.15f, .35f), 0, paint(dice), Shade::round_x};
    print(label, dice);
    parts.push_back(label);
  }
  return parts;
}

Parts can(Dice& dice) {
  const float w = dice.in(.4f, .55f), h = dice.in(.62f, .88f), tilt = dice.in(.05f, .24f),
              pinch = dice.chance(.35f) ? dice.in(.65f, .9f) : 1.f;
  const Rgb metal = grey(dice.in(.42f, .72f));
  const float gloss = dice.in(.2f, .8f);
  Part upper{Form::trapezoid, 0, -h * .5f, w, h * .5f, w * pinch, dice.chance(.75f) ? paint(dice) : metal, Shade::round_x};
  print(upper, dice);
  Part lower = upper;
  lower.y = h * .5f, lower.a = w * pinch, lower.c = w;
  upper.gloss = lower.gloss = gloss;
  Part foot{Form::ellipse, 0, h, w * .96f, tilt, 0, upper.colour * .75f};
  Part top{Form::ellipse, 0, -h, w * .98f, tilt, 0, metal}, rim = Part{Form::ring, 0, -h, w, tilt + .02f, .84f, metal * 1.3f};
  Parts parts{foot, upper, lower, top, rim};
  if (dice.chance(.6f)) parts.push_back(Part{Form::ellipse, w * dice.in(-.2f, .2f), -h + tilt * .3f, w * .22f, tilt * .35f, 0, grey(.08f)});
  return parts;
}

Parts bag(Dice& dice) {
  const bool dark = dice.chance(.2f);
  const Rgb colour = dark ? grey(dice.in(.05f, .15f)) : dice.chance(.55f) ? white(dice) : paint(dice);
  const float w = dice.in(.5f, .85f), h = dice.in(.45f, .75f), alpha = dice.in(.55f, .97f);
  Part body{Form::blob, 0, .15f, w, h, dice.in(.15f, .4f), colour, Shade::crumple};
  body.seed = dice.seed32(), body.alpha = alpha, body.gloss = dice.in(.05f, .45f);
  if (dice.chance(.25f)) {
    body.pattern = Pattern::patches, body.colour2 = paint(dice), body.p = dice.in(1.2f, 2.2f), body.q = .62f;
  }
  Parts parts;
  const int kind = dice.below(3);
  if (kind == 0) {  // two handles
    for (const float side : {-1.f, 1.f}) {
      Part handle{Form::ring,
                  side * w * dice.in(.3f, .55f),
                  .15f - h * dice.in(.75f, .95f),
                  dice.in(.14f, .24f),
                  dice.in(.2f, .36f),
                  dice.in(.5f, .68f),
                  colour * .9f};
      handle.alpha = alpha;
      parts.push_back(handle);
    }
  } else if (kind == 1) {  // tied at the top
    Part knot =
        Part{Form::trapezoid, dice.in(-.12f, .12f), .15f - h * 1.05f, dice.in(.18f, .34f), .2f, .08f, colour * .85f, Shade::crumple};
    knot.alpha = alpha;
    parts.push_back(knot);
  }
  parts.push_back(body);
  return parts;
}

Parts cup(Dice& dice) {
  const float top = dice.in(.46f, .66f), foot = top * dice.in(.52f, .76f), h = dice.in(.55f, .85f), tilt = dice.in(.06f, .26f);
  const Rgb colour = dice.chance(.45f) ? white(dice) : dice.chance(.3f) ? plastic(dice) : paint(dice);
  Part body{Form::trapezoid, 0, 0, top, h, foot, colour, Shade::round_x};
  body.alpha = dice.chance(.25f) ? dice.in(.5f, .8f) : 1.f;
  body.gloss = dice.in(0.f, .35f);
  if (dice.chance(.6f)) print(body, dice);
  Part base{Form::ellipse, 0, h, foot, tilt * .8f, 0, colour * .8f};
  base.alpha = body.alpha;
  Parts parts{base, body};
  if (dice.chance(.2f)) {  // still has its lid
    const Rgb cover = dice.chance(.6f) ? white(dice) : paint(dice);
    parts.push_back(Part{Form::ellipse, 0, -h, top * 1.08f, tilt + .05f, 0, cover});
    parts.push_back(Part{Form::ellipse, 0, -h - .05f, top * .8f, tilt * .8f, 0, cover * .85f});
  } else {
    parts.push_back(Part{Form::ellipse, 0, -h, top, tilt, 0, colour * 1.12f});
    parts.push_back(Part{Form::ellipse, 0, -h + .02f, top * .88f, tilt * .82f, 0, dice.chance(.5f) ? colour * .4f : Rgb{.2f, .12f, .07f}});
  }
  return parts;
}

Parts straw(Dice& dice) {
  const float radius = dice.in(.04f, .085f), bend = dice.chance(.55f) ? dice.either(.06f, .22f) : 0.f, joint = dice.in(-.6f, -.25f);
  const Rgb colour = dice.chance(.3f) ? white(dice) : paint(dice);
  Parts parts{line({0, joint, 0, .97f, radius, colour})};
  if (bend != 0.f) {
    const float length = dice.in(.35f, .6f), x = sin_turns(bend) * length, y = joint - cos_turns(bend) * length;
    parts.push_back(line({0, joint, x, y, radius, colour}));
  } else {
    parts.push_back(line({0, joint, 0, -.97f, radius, colour}));
  }
  const bool striped = dice.chance(.5f);
  const Rgb second = paint(dice);
  const float frequency = dice.in(1.5f, 4.f);
  for (Part& p : parts) {
    p.gloss = .2f;
    // Along the capsule is x; the slanted pattern winds around it.
    if (striped) p.pattern = Pattern::slanted, p.colour2 = second, p.p = frequency;
  }
  return parts;
}

Parts lid(Dice& dice) {
  const float w = dice.in(.6f, .92f), flat = dice.chance(.6f) ? dice.in(.75f, 1.f) : dice.in(.38f, .75f), h = w * flat;
  const Rgb colour = dice.chance(.35f) ? white(dice) : paint(dice);
  const float inner = dice.in(.6f, .85f), gloss = dice.in(.1f, .5f);
  Part edge{Form::ellipse, 0, dice.in(0.f, .12f), w, h, 0, colour * .7f};
  Part disc{Form::ellipse, 0, 0, w, h, 0, colour, Shade::dome},
      ring = Part{Form::ring, 0, 0, w * inner, h * inner, dice.in(.82f, .92f), colour * dice.in(.6f, .85f)};
  disc.gloss = gloss;
  Parts parts{edge, disc, ring};
  const int kind = dice.below(4);
  if (kind == 0) {
    parts.push_back(line({-w * .2f, 0, w * .2f, 0, .035f, grey(.07f)}));
    parts.push_back(line({0, -h * .2f, 0, h * .2f, .035f, grey(.07f)}));
  } else if (kind == 1) {
    parts.push_back(Part{Form::ellipse, w * dice.in(-.4f, .4f), -h * .35f, w * .12f, h * .09f, 0, grey(.07f)});
  } else if (kind == 2) {
    Part centre{Form::ellipse, 0, 0, w * inner * .8f, h * inner * .8f, 0, colour};
    print(centre, dice);
    parts.push_back(centre);
  }
  return parts;
}

Parts rope(Dice& dice) {
  const float radius = dice.in(.07f, .13f), step = .16f;
  const int segments = 9 + dice.below(8);
  const Rgb colour = dice.chance(.4f) ? Rgb{.62f, .5f, .32f} * dice.in(.6f, 1.2f) : paint(dice), second = colour * dice.in(.45f, .7f);
  float heading = dice.in(0, 1), curl = dice.either(.035f, .1f), x = 0, y = 0;
  std::vector<std::array<float, 2>> points{{0.f, 0.f}};
  for (int i = 0; i < segments; ++i) {
    x += step * cos_turns(heading), y += step * sin_turns(heading);
    points.push_back({x, y});
    heading += curl;
    curl += dice.in(-.05f, .05f);
    curl *= .9f;
  }
  float left = 0, right = 0, top = 0, bottom = 0;
  for (const auto& [px, py] : points) {
    left = px < left ? px : left, right = px > right ? px : right;
    top = py < top ? py : top, bottom = py > bottom ? py : bottom;
  }
  const float extent = (right - left > bottom - top ? right - left : bottom - top) * .5f + .05f, k = extent > .92f ? .92f / extent : 1.f;
  const float cx = (left + right) * .5f, cy = (top + bottom) * .5f, frequency = dice.in(2.5f, 4.5f);
  Parts parts;
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    Part piece =
        line({(points[i][0] - cx) * k, (points[i][1] - cy) * k, (points[i + 1][0] - cx) * k, (points[i + 1][1] - cy) * k, radius, colour});
    piece.pattern = Pattern::slanted, piece.colour2 = second, piece.p = frequency, piece.q = static_cast<float>(i) * step * frequency;
    parts.push_back(piece);
  }
  if (dice.chance(.5f)) {  // frayed end
    const float ex = (points.back()[0] - cx) * k, ey = (points.back()[1] - cy) * k;
    for (int i = 0; i < 3; ++i) {
      const float a = heading + dice.in(-.12f, .12f), l = dice.in(.12f, .25f);
      parts.push_back(line({ex, ey, ex + l * cos_turns(a), ey + l * sin_turns(a), radius * .4f, colour}));
    }
  }
  return parts;
}

Parts net(Dice& dice) {
  const Rgb colour = dice.chance(.3f) ? Rgb{.08f, .3f, .2f} * dice.in(.6f, 1.4f) : paint(dice);
  const float w = dice.in(.6f, .9f), h = dice.in(.45f, .85f);
  Part body{Form::mesh, 0, 0, w, h, dice.in(.1f, .2f), colour};
  body.p = dice.in(2.2f, 4.2f), body.seed = dice.seed32(), body.alpha = dice.in(.7f, 1.f);
  turn(body, dice.in(0, .25f));
  Parts parts{body};
  if (dice.chance(.4f)) {  // float line
    const float y = -h * dice.in(.5f, .9f);
    parts.push_back(line({-w * .9f, y, w * dice.in(.3f, .9f), y + dice.in(-.3f, .3f), .05f, paint(dice)}));
  }
  if (dice.chance(.35f)) {  // a second fold over the first
    Part fold = body;
    fold.a = w * dice.in(.4f, .7f), fold.b = h * dice.in(.4f, .7f), fold.x = dice.in(-.3f, .3f), fold.y = dice.in(-.3f, .3f);
    turn(fold, dice.in(0, .25f));
    parts.push_back(fold);
  }
  return parts;
}

Parts carton(Dice& dice) {
  const float w = dice.in(.34f, .52f), h = dice.in(.45f, .75f), depth = dice.in(.2f, .36f), rise = dice.in(.05f, .2f), side = dice.sign();
  const Rgb colour = dice.chance(.35f) ? white(dice) : dice.chance(.3f) ? Rgb{.5f, .36f, .2f} : paint(dice);
  const float shift = -side * depth * .5f;
  Part front{Form::box, shift, .15f, w, h, 0, colour};
  print(front, dice);
  // The side face: a box sheared upwards, drawn as a polygon.
  Part face{Form::polygon, shift + side * (w + depth * .5f), .15f, 1.6f, 1.6f, 0, colour * dice.in(.4f, .65f)};
  const float slope = side * rise / depth, n = 1.f / std::sqrt(1.f + slope * slope);
  face.sides = 4;
  face.planes[0] = {1.f, 0.f, depth * .5f};
  face.planes[1] = {-1.f, 0.f, depth * .5f};
  face.planes[2] = {slope * n, n, (h - rise * .5f) * n};
  face.planes[3] = {-slope * n, -n, (h + rise * .5f) * n};
  face.pattern = front.pattern, face.colour2 = front.colour2 * .6f, face.p = front.p, face.q = front.q, face.seed = front.seed;
  Parts parts{face, front};
  const bool gable = dice.chance(.75f);
  if (gable) {
    parts.push_back(Part{Form::trapezoid, shift + side * depth * .3f, .15f - h - .14f, w * .9f, .15f, w * 1.02f, colour * .9f});
    parts.push_back(Part{Form::box, shift + side * depth * .3f, .15f - h - .33f, w * .9f, .06f, 0, colour * 1.1f});
  } else {
    Part cover{Form::polygon, shift + side * depth * .5f, .15f - h - rise * .5f, 1.6f, 1.6f, 0, colour * 1.15f};
    const float lean = side * depth / rise, m = 1.f / std::sqrt(1.f + lean * lean);
    cover.sides = 4;
    cover.planes[0] = {0.f, 1.f, rise * .5f};
    cover.planes[1] = {0.f, -1.f, rise * .5f};
    cover.planes[2] = {m, lean * m, w * m};
    cover.planes[3] = {-m, -lean * m, w * m};
    parts.push_back(cover);
    if (dice.chance(.4f))
      parts.push_back(Part{Form::ellipse, shift + side * depth * .5f, .15f - h - rise * .5f, .1f, .06f, 0, paint(dice)});
  }
  return parts;
}

Parts foam(Dice& dice) {
  const Rgb colour = dice.chance(.75f) ? white(dice) : paint(dice);
  const float w = dice.in(.45f, .85f), h = w * dice.in(.5f, 1.f);
  Parts parts;
  Part body;
  if (dice.chance(.7f)) {  // broken block
    body = Part{Form::polygon, 0, 0, 1.25f, 1.25f, 0, colour};
    body.sides = 4 + dice.below(3);
    for (int i = 0; i < body.sides; ++i) {
      const float t = (static_cast<float>(i) + dice.in(-.3f, .3f)) / static_cast<float>(body.sides), nx = cos_turns(t), ny = sin_turns(t);
      const float d = std::sqrt(w * w * nx * nx + h * h * ny * ny) * dice.in(.75f, 1.f);
      body.planes[static_cast<size_t>(i)] = {nx, ny, d};
    }
    Part under = body;  // its thickness
    under.colour = under.colour2 = colour * .6f;
    under.y = dice.in(.06f, .18f), under.x = dice.in(-.08f, .08f);
    parts.push_back(under);
  } else if (dice.chance(.5f)) {  // tray
    body = Part{Form::box, 0, 0, w, h * .9f, dice.in(.08f, .25f), colour};
    parts.push_back(Part{Form::box, 0, .08f, w, h * .9f, .1f, colour * .6f});
  } else {  // crumb
    body = Part{Form::blob, 0, 0, w, h, dice.in(.3f, .45f), colour, Shade::crumple};
  }
  body.seed = dice.seed32();
  body.pattern = Pattern::patches, body.p = dice.in(5.f, 10.f), body.q = dice.in(.55f, .75f), body.colour2 = colour * dice.in(.72f, .88f);
  parts.push_back(body);
  if (body.form == Form::box) parts.push_back(Part{Form::box, 0, 0, w * .75f, h * .65f, .08f, colour * dice.in(.78f, .9f)});
  return parts;
}

}  // namespace

std::vector<Part> make_litter(int label, Dice& dice) {
  static constexpr Parts (*kRecipes[])(Dice&) = {bottle, can, bag, cup, straw, lid, net, rope, carton, foam};
  return kRecipes[label](dice);
}

std::vector<Part> make_flotsam(Dice& dice) {
  const Rgb brown = Rgb{.22f, .14f, .07f} * dice.in(.6f, 1.6f), green = Rgb{.12f, .22f, .05f} * dice.in(.6f, 1.6f);
  switch (dice.below(3)) {
    case 0: {  // twig
      Parts parts{line({-.9f, 0, .9f, dice.in(-.1f, .1f), dice.in(.03f, .07f), brown})};
      if (dice.chance(.6f)) parts.push_back(line({0, 0, dice.in(.2f, .6f), dice.in(-.5f, .5f), .03f, brown}));
      return parts;
    }
    case 1:
      return {Part{Form::ellipse, 0, 0, dice.in(.3f, .5f), dice.in(.15f, .3f), 0, dice.chance(.5f) ? green : brown, Shade::dome}};
    default: {  // weed
      Parts parts;
      float x = -.7f, y = 0;
      for (int i = 0; i < 6; ++i) {
        const float nx = x + dice.in(.1f, .35f), ny = y + dice.in(-.25f, .25f);
        parts.push_back(line({x, y, nx, ny, dice.in(.03f, .08f), green}));
        x = nx, y = ny;
      }
      return parts;
    }
  }
}

}  // namespace galet::data::tidewrack
