import Machine

/// Elements in memory of its own, without checks of places: for the inner loops of searches, in which
/// such checks would show.
///
/// What reads it in a loop takes ``base`` out first, or holds it as `@exclusivity(unchecked)`: else the
/// runtime asks at each access whether another one is under way, which took 6 to 9 % of a search through
/// cells. None can be: a buffer is used by one search at a time, and grows only before it is read.
@unsafe struct UncheckedBuffer<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>: ~Copyable {
  private(set) var base = UnsafeMutablePointer<Element>.allocate(capacity: 0)
  private(set) var count = 0

  deinit { unsafe base.deallocate() }

  /// Makes room for so many elements; if there was less, what was there is gone and all are zero.
  mutating func reserve(_ wanted: Int) {
    guard unsafe wanted > count else { return }
    unsafe base.deallocate()
    unsafe base = .allocate(capacity: wanted)
    unsafe count = wanted
    unsafe clear()
  }

  /// Sets all elements to zero.
  func clear() { unsafe base.initialize(repeating: 0, count: count) }

  subscript(place: Int) -> Element {
    @inline(__always) get { unsafe base[place] }
    @inline(__always) nonmutating set { unsafe base[place] = newValue }
  }
}

/// Asks the caches for the bytes at an address.
@unsafe @inline(__always)
func prefetch(_ address: UnsafePointer<UInt8>, _ count: Int) {
  var at = 0
  while at < count {
    unsafe prefetch(UnsafeRawPointer(address + at))
    at += 128
  }
}
