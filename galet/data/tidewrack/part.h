// What a piece of litter is made of: flat pieces with a form, a way of catching light and a pattern, painted one over the other.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace galet::data::tidewrack {

struct Rgb {
  float r = 0, g = 0, b = 0;  // linear light, 0..1 (highlights exceed 1)
};
inline Rgb operator*(Rgb c, float k) { return {c.r * k, c.g * k, c.b * k}; }
inline Rgb operator+(Rgb c, Rgb d) { return {c.r + d.r, c.g + d.g, c.b + d.b}; }
inline Rgb mix(Rgb c, Rgb d, float t) { return c * (1.f - t) + d * t; }

/// Forms, in the part's own frame (centre 0, half extents a and b):
/// box: corners rounded by c; ellipse; ring: ellipse whose inner c of the radius is open; trapezoid: half width a at the top and c at the
/// bottom; capsule: along x, half length a, radius b; blob: ellipse with an edge dented by noise of strength c; polygon: `sides` half
/// planes; mesh: threads of half thickness c (of a cell) of a warped grid inside a blob.
enum class Form : uint8_t { box, ellipse, ring, trapezoid, capsule, blob, polygon, mesh };
/// How the normal varies over it: not at all, round across x, round across y, round both ways, or crumpled.
enum class Shade : uint8_t { flat, round_x, round_y, dome, crumple };
/// Where the second colour shows: bars across y (p frequency, q phase), slanted bars, a band q +- p in y, noise patches of frequency p
/// above q.
enum class Pattern : uint8_t { none, bars, slanted, band, patches };

struct Part {
  Form form = Form::box;
  float x = 0, y = 0;  // centre in the litter's frame: x right, y down, the whole lies within about [-1, 1]
  float a = 0.5f, b = 0.5f, c = 0;
  Rgb colour;
  Shade shade = Shade::flat;
  Rgb colour2 = colour;
  float cos = 1, sin = 0;  // turn of the part
  float alpha = 1, gloss = 0;
  Pattern pattern = Pattern::none;
  float p = 0, q = 0;
  uint32_t seed = 0;
  std::array<std::array<float, 3>, 8> planes{};  // polygon: inside where nx * x + ny * y <= d
  int sides = 0;
};

struct Light {
  float x = 0, y = 0, z = 1;  // unit vector towards the sun, in the frame of what is lit
  float ambient = 0.5f;
};

/// Colour and opacity of litter at one point.
struct Sample {
  Rgb colour;  // premultiplied by alpha
  float alpha = 0;
};
Sample sample(const std::vector<Part>& parts, float x, float y, const Light& light);

/// Radius around the part's centre outside of which it shows nothing.
float reach(const Part& part);

}  // namespace galet::data::tidewrack
