import Glibc

/// What a queue of inotify(7) has told, as far as it matters.
struct InotifyEvents: Sendable, Hashable {
  /// Whether something has changed.
  private(set) var hasChange = false
  /// Whether the system has dropped events.
  private(set) var hasOverflowed = false

  /// What counts as a change: content, names, places, times and permissions.
  static let mask =
    UInt32(
      IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF
        | IN_MOVE_SELF | IN_ATTRIB) | UInt32(IN_ONLYDIR)

  /// Nothing.
  init() {}

  /// Reads all that is in a queue; its descriptor must not block.
  init(readingFrom descriptor: Int32) {
    unsafe withUnsafeTemporaryAllocation(
      byteCount: 64 << 10, alignment: MemoryLayout<inotify_event>.alignment
    ) { buffer in
      while true {
        let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        unsafe take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// Adds what another queue, or the same one later, has told.
  mutating func formUnion(_ other: InotifyEvents) {
    hasChange = hasChange || other.hasChange
    hasOverflowed = hasOverflowed || other.hasOverflowed
  }

  private mutating func take(_ bytes: UnsafeRawBufferPointer) {
    let size = MemoryLayout<inotify_event>.size
    var offset = 0
    while offset + size <= bytes.count {
      let event = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
        hasOverflowed = true
        hasChange = true
      }
      // That a watch has ended is told apart from why, and is often our own doing.
      if event.mask & Self.mask != 0 { hasChange = true }
      offset += size + Int(event.len)
    }
  }
}
