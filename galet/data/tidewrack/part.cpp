#include "galet/data/tidewrack/part.h"

#include <cmath>

#include "galet/data/tidewrack/noise.h"

namespace galet::data::tidewrack {
namespace {

float absolute(float x) { return x < 0.f ? -x : x; }

bool inside_box(const Part& part, float x, float y) {
  const float dx = absolute(x) - (part.a - part.c), dy = absolute(y) - (part.b - part.c);
  if (dx > part.c || dy > part.c) return false;
  return dx <= 0.f || dy <= 0.f || dx * dx + dy * dy <= part.c * part.c;
}

bool inside_blob(const Part& part, float x, float y, float dent) {
  const float u = x / part.a, v = y / part.b, r = u * u + v * v;
  if (r > (1.f + dent) * (1.f + dent)) return false;
  const float edge = 1.f + dent * (2.f * noise(u * 2.3f + 7.f, v * 2.3f + 7.f, part.seed) - 1.f);
  return r <= edge * edge;
}

bool inside_mesh(const Part& part, float x, float y) {
  if (!inside_blob(part, x, y, 0.35f)) return false;
  const float wx = x + 0.22f * noise(x * 2.f, y * 2.f, part.seed + 1), wy = y + 0.22f * noise(x * 2.f + 9.f, y * 2.f, part.seed + 2);
  const float u = wx * part.p + 50.f, v = wy * part.p + 50.f;
  const float du = absolute(u - static_cast<float>(floor_int(u)) - 0.5f), dv = absolute(v - static_cast<float>(floor_int(v)) - 0.5f);
  return du < part.c || dv < part.c || du + dv < 1.7f * part.c;
}

/// (x, y): in the part's frame.
bool inside(const Part& part, float x, float y) {
  switch (part.form) {
    case Form::box:
      return inside_box(part, x, y);
    case Form::ellipse: {
      const float u = x / part.a, v = y / part.b;
      return u * u + v * v <= 1.f;
    }
    case Form::ring: {
      const float u = x / part.a, v = y / part.b, r = u * u + v * v;
      return r <= 1.f && r >= part.c * part.c;
    }
    case Form::trapezoid: {
      const float t = (y / part.b + 1.f) * 0.5f;
      return t >= 0.f && t <= 1.f && absolute(x) <= mix(part.a, part.c, t);
    }
    case Form::capsule: {
      const float dx = absolute(x) > part.a ? absolute(x) - part.a : 0.f;
      return dx * dx + y * y <= part.b * part.b;
    }
    case Form::blob:
      return inside_blob(part, x, y, part.c);
    case Form::polygon:
      for (int i = 0; i < part.sides; ++i) {
        const auto& plane = part.planes[static_cast<size_t>(i)];
        if (plane[0] * x + plane[1] * y > plane[2]) return false;
      }
      return true;
    case Form::mesh:
      break;
  }
  return inside_mesh(part, x, y);
}

Rgb patterned(const Part& part, float x, float y) {
  switch (part.pattern) {
    case Pattern::none:
      return part.colour;
    case Pattern::bars:
      return sin_turns(y * part.p + part.q) > 0.f ? part.colour2 : part.colour;
    case Pattern::slanted:
      return sin_turns((x + 0.7f * y) * part.p + part.q) > 0.f ? part.colour2 : part.colour;
    case Pattern::band:
      return absolute(y - part.q) < part.p ? part.colour2 : part.colour;
    case Pattern::patches:
      break;
  }
  return noise(x * part.p + 20.f, y * part.p + 20.f, part.seed) > part.q ? part.colour2 : part.colour;
}

struct Normal {
  float x, y, z;
};

Normal normal_of(const Part& part, float x, float y) {
  const float limit = 0.95f;
  float u = 0.f, v = 0.f;
  switch (part.shade) {
    case Shade::flat:
      return {0.f, 0.f, 1.f};
    case Shade::round_x:
      u = x / part.a;
      break;
    case Shade::round_y:
      v = y / part.b;
      break;
    case Shade::dome:
      u = 0.8f * x / part.a;
      v = 0.8f * y / part.b;
      break;
    case Shade::crumple: {
      const float f = 4.5f, here = noise(x * f + 30.f, y * f + 30.f, part.seed + 5);
      u = 1.5f * (noise(x * f + 30.25f, y * f + 30.f, part.seed + 5) - here) * 2.f;
      v = 1.5f * (noise(x * f + 30.f, y * f + 30.25f, part.seed + 5) - here) * 2.f;
      break;
    }
  }
  const float length = u * u + v * v;
  if (length > limit * limit) {
    const float k = limit / std::sqrt(length);
    u *= k;
    v *= k;
  }
  // Back from the part's frame into the litter's.
  const float z = std::sqrt(1.f - u * u - v * v);
  return {part.cos * u - part.sin * v, part.sin * u + part.cos * v, z};
}

Rgb lit(const Part& part, Rgb colour, Normal n, const Light& light) {
  float facing = n.x * light.x + n.y * light.y + n.z * light.z;
  if (facing < 0.f) facing = 0.f;
  Rgb out = colour * (light.ambient + (1.15f - light.ambient) * facing);
  if (part.gloss > 0.f) {
    // Blinn's half vector towards a viewer straight above.
    const float hz = light.z + 1.f, norm = 1.f / std::sqrt(light.x * light.x + light.y * light.y + hz * hz);
    float s = (n.x * light.x + n.y * light.y + n.z * hz) * norm;
    if (s > 0.f) {
      s *= s, s *= s, s *= s, s *= s;
      const float k = part.gloss * s;
      out = out + Rgb{k, k, k};
    }
  }
  return out;
}

}  // namespace

float reach(const Part& part) {
  const float larger = part.a > part.b ? part.a : part.b;
  switch (part.form) {
    case Form::box:
      return part.a + part.b;
    case Form::trapezoid:
      return (part.a > part.c ? part.a : part.c) + part.b;
    case Form::capsule:
      return part.a + part.b;
    case Form::blob:
      return larger * (1.f + part.c);
    case Form::mesh:
      return larger * 1.35f;
    case Form::polygon:
      return larger;
    case Form::ellipse:
    case Form::ring:
      break;
  }
  return larger;
}

Sample sample(const std::vector<Part>& parts, float x, float y, const Light& light) {
  Sample result;
  for (size_t i = parts.size(); i-- > 0 && result.alpha < 0.99f;) {  // front to back
    const Part& part = parts[i];
    const float dx = x - part.x, dy = y - part.y, r = reach(part);
    if (dx * dx + dy * dy > r * r) continue;
    const float px = part.cos * dx + part.sin * dy, py = part.cos * dy - part.sin * dx;
    if (!inside(part, px, py)) continue;
    const Rgb colour = lit(part, patterned(part, px, py), normal_of(part, px, py), light);
    const float k = (1.f - result.alpha) * part.alpha;
    result.colour = result.colour + colour * k;
    result.alpha += k;
  }
  return result;
}

}  // namespace galet::data::tidewrack
