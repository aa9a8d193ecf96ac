import Glibc

/// A whole file, mapped into memory for reading.
///
/// The mapping stays valid when the file is unlinked or replaced by a rename. It does not survive
/// truncation from outside: reading a page that is gone raises SIGBUS. Files of Hark are never
/// truncated or written in place once they are published.
@safe package struct MappedFile: ~Copyable {
  /// How the bytes will be read; the kernel's read-ahead follows it.
  package enum Advice: Sendable {
    /// No particular order.
    case normal
    /// Here and there: read-ahead is off.
    case random
    /// From the front to the back: read-ahead is doubled.
    case sequential
  }

  /// The file's path as it was given.
  package let path: String
  /// The file's length in bytes when it was mapped.
  package var count: Int { unsafe mapping.count }

  /// The mapped bytes; without an address where the file is empty.
  ///
  /// They are valid as long as this value. It is for classes that own a file and vend spans of
  /// it: the compiler follows no lifetime through a property of a class.
  @unsafe package let mapping: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// An empty file gives an empty mapping. Folders, pipes and devices are refused, and a pipe
  /// without a writer does not block.
  ///
  /// - Throws: `file-open-failed`, `file-not-regular` or `file-read-failed`.
  /// - Complexity: O(1) in the length of the file.
  package init(_ path: String, advice: Advice = .normal) throws(MachineError) {
    let mapping = unsafe try MappedFile.map(path, advice)
    self.path = path
    unsafe self.mapping = UnsafeRawBufferPointer(mapping)
  }

  deinit {
    if let base = unsafe mapping.baseAddress {
      unsafe munmap(UnsafeMutableRawPointer(mutating: base), mapping.count)
    }
  }

  /// All bytes of the file.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = unsafe RawSpan(_unsafeBytes: mapping)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// `count` elements that begin `offset` bytes into the file, or nil where they do not lie
  /// wholly inside it or are not aligned.
  ///
  /// Elements are read in the byte order of the machine.
  ///
  /// - Complexity: O(1).
  @_lifetime(borrow self)
  package func elements<Element: BitwiseCopyable>(
    of type: Element.Type, at offset: Int, count: Int
  ) -> Span<Element>? {
    let (length, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, count >= 0, offset >= 0, offset <= self.count, length <= self.count - offset,
      offset % MemoryLayout<Element>.alignment == 0
    else { return nil }
    let start = unsafe mapping.baseAddress?.advanced(by: offset)
      .assumingMemoryBound(to: Element.self)
    let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count))
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Asks the system to read a range of the file ahead. It does not wait for what is read, but for its
  /// turn where the disk has very much to do.
  ///
  /// - Parameter range: bytes of the file; what lies beyond its end is left out.
  /// - Complexity: a system call for each 128 KiB.
  package func fetch(_ range: Range<Int>) {
    let (page, piece) = (4_096, 128 << 10)
    let start = max(0, range.lowerBound) / page * page
    let end = min(range.upperBound, count)
    guard start < end, let base = unsafe mapping.baseAddress else { return }
    // Of a longer range Linux reads but the beginning: as much as the disk's read-ahead is.
    for start in stride(from: start, to: end, by: piece) {
      let address = unsafe UnsafeMutableRawPointer(mutating: base + start)
      // Advice is a hint: its failure changes nothing.
      unsafe madvise(address, min(piece, end - start), MADV_WILLNEED)
    }
  }

  private static func map(
    _ path: String, _ advice: Advice
  ) throws(MachineError) -> UnsafeMutableRawBufferPointer {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw MachineError(.fileOpenFailed, cannot: "open", path, errno: errno)
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw MachineError(.fileReadFailed, cannot: "examine", path, errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw MachineError(
        code: .fileNotRegular,
        message: "\(path) is not a regular file. Name a file instead.", path: path)
    }
    let count = Int(status.st_size)
    guard count > 0 else { return unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    let address = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      throw MachineError(.fileReadFailed, cannot: "map", path, errno: errno)
    }
    if let hint = advice.hint {
      // Advice is a hint: its failure changes nothing.
      unsafe madvise(address, count, hint)
    }
    return unsafe UnsafeMutableRawBufferPointer(start: address, count: count)
  }
}

// The mapping is never written and lives as long as the value, so any thread may read it.
extension MappedFile: @unchecked Sendable {}

extension MappedFile.Advice {
  fileprivate var hint: Int32? {
    switch self {
    case .normal: nil
    case .random: MADV_RANDOM
    case .sequential: MADV_SEQUENTIAL
    }
  }
}
