//! Distances and areas on the earth, as ODK computes them: a sphere of 6,378,100 m.

use super::maths::{acos, cos, sin};

/// Radius in metres used by JavaRosa and Enketo.
const RADIUS: f64 = 6_378_100.0;

/// Latitude and longitude in degrees.
pub type Point = (f64, f64);

/// Reads `lat lon [altitude [accuracy]]`.
pub fn point(text: &str) -> Option<Point> {
    let mut parts = text.split_whitespace();
    let latitude: f64 = super::number::parse(parts.next()?)?;
    let longitude: f64 = super::number::parse(parts.next()?)?;
    let inside = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    let rest_is_numbers = parts.all(|part| super::number::parse(part).is_some());
    if inside && rest_is_numbers { Some((latitude, longitude)) } else { None }
}

/// Reads points separated by semicolons.
pub fn points(text: &str) -> Option<Vec<Point>> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(point).collect()
}

/// Length of a line in metres, to two decimals.
pub fn distance(line: &[Point]) -> f64 {
    let total: f64 = line.windows(2).map(|pair| between(pair[0], pair[1])).sum();
    (total * 100.0).round() / 100.0
}

fn between(from: Point, to: Point) -> f64 {
    let (lat1, lat2) = (from.0.to_radians(), to.0.to_radians());
    let turn = (to.1 - from.1).to_radians();
    let cosine = sin(lat1) * sin(lat2) + cos(lat1) * cos(lat2) * cos(turn);
    acos(cosine.clamp(-1.0, 1.0)) * RADIUS
}

/// Area of a ring in square metres, to two decimals; the ring is closed when it is not.
pub fn area(ring: &[Point]) -> f64 {
    if ring.len() < 3 {
        return 0.0;
    }
    let mut total = 0.0;
    for at in 0..ring.len() {
        let (from, to) = (ring[at], ring[(at + 1) % ring.len()]);
        let turn = (to.1 - from.1).to_radians();
        total += turn * (2.0 + sin(from.0.to_radians()) + sin(to.0.to_radians()));
    }
    ((total * RADIUS * RADIUS / 2.0).abs() * 100.0).round() / 100.0
}

/// Whether a point is inside a ring, by ray casting.
pub fn inside(at: Point, ring: &[Point]) -> bool {
    let mut found = false;
    for here in 0..ring.len() {
        let (from, to) = (ring[here], ring[(here + 1) % ring.len()]);
        let crosses = (from.0 > at.0) != (to.0 > at.0);
        if crosses && at.1 < (to.1 - from.1) * (at.0 - from.0) / (to.0 - from.0) + from.1 {
            found = !found;
        }
    }
    found
}

/// Whether a line crosses itself.
pub fn crosses_itself(line: &[Point]) -> bool {
    let segments: Vec<_> = line.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let closed = line.len() > 2 && line.first() == line.last();
    for (at, first) in segments.iter().enumerate() {
        for (other, second) in segments.iter().enumerate().skip(at + 2) {
            let neighbours = closed && at == 0 && other == segments.len() - 1;
            if !neighbours && cross(*first, *second) {
                return true;
            }
        }
    }
    false
}

fn cross(first: (Point, Point), second: (Point, Point)) -> bool {
    let side = |a: Point, b: Point, c: Point| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    let (d1, d2) = (side(second.0, second.1, first.0), side(second.0, second.1, first.1));
    let (d3, d4) = (side(first.0, first.1, second.0), side(first.0, first.1, second.1));
    (d1 > 0.0) != (d2 > 0.0) && (d3 > 0.0) != (d4 > 0.0) && d1 * d2 * d3 * d4 != 0.0
}
