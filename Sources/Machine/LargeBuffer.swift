internal import Glibc

/// Memory for many elements that are read here and there, on huge pages where the system has
/// them: so a read does not wait for the page tables, too.
///
/// Threads may write at the same time where their elements are apart; who reads an element has to
/// wait for its writer.
@safe package final class LargeBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
  /// The elements.
  package let elements: UnsafeMutableBufferPointer<Element>

  /// Memory in which each element is `value`.
  ///
  /// - Complexity: O(count).
  package init(repeating value: Element, count: Int) {
    let hugePage = 2 << 20
    let size = count * MemoryLayout<Element>.stride
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: size < hugePage ? 64 : hugePage)
    // Refused where the system has none, and then not missed.
    if size >= hugePage { unsafe madvise(memory, size, MADV_HUGEPAGE) }
    unsafe elements = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: Element.self, capacity: count), count: count)
    unsafe elements.initialize(repeating: value)
  }

  deinit { unsafe UnsafeMutableRawPointer(elements.baseAddress)?.deallocate() }

  /// The elements, for reading.
  package var span: Span<Element> {
    @_lifetime(borrow self)
    get {
      let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(elements))
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
