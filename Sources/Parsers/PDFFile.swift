import CPoppler
import Documents

/// A PDF file that poppler has open.
///
/// The bytes must outlive it, which the caller sees to.
@safe struct PDFFile: ~Copyable {
  private let document: OpaquePointer

  /// What to do about a damaged file.
  static let remedy = "Fetch or export it anew, or repair it with a PDF program."

  /// Opens a file.
  ///
  /// - Throws: `pdf-encrypted` or `pdf-damaged`.
  init(_ bytes: UnsafeRawBufferPointer) throws(DocumentError) {
    let data = unsafe g_bytes_new_static(bytes.baseAddress, gsize(bytes.count))
    defer { unsafe g_bytes_unref(data) }
    var failure: UnsafeMutablePointer<GError>?
    guard let document = unsafe poppler_document_new_from_bytes(data, nil, &failure) else {
      defer { unsafe g_error_free(failure) }
      guard let failure = unsafe failure else {
        throw DocumentError(.pdfDamaged, "The PDF cannot be opened. \(Self.remedy)")
      }
      if unsafe failure.pointee.code == Int32(bitPattern: POPPLER_ERROR_ENCRYPTED.rawValue) {
        throw DocumentError(
          .pdfEncrypted, "The PDF asks for a password. Save a copy without one and ingest that.")
      }
      let reason = unsafe String(cString: failure.pointee.message)
      throw DocumentError(.pdfDamaged, "The PDF cannot be opened: \(reason). \(Self.remedy)")
    }
    unsafe self.document = document
  }

  deinit {
    unsafe g_object_unref(UnsafeMutableRawPointer(document))
  }

  /// The number of pages.
  var pageCount: Int { Int(unsafe poppler_document_get_n_pages(document)) }

  /// The title in the file's metadata.
  var title: String? { unsafe Self.take(poppler_document_get_title(document)) }

  /// The author in the file's metadata.
  var author: String? { unsafe Self.take(poppler_document_get_author(document)) }

  /// The keywords in the file's metadata, as one text.
  var keywords: String? { unsafe Self.take(poppler_document_get_keywords(document)) }

  /// When the content was made, in a normal form of ``ISO8601``.
  var created: String? {
    unsafe Self.take(poppler_document_get_creation_date_time(document))
  }

  /// When the file was last changed, in a normal form of ``ISO8601``.
  var modified: String? {
    unsafe Self.take(poppler_document_get_modification_date_time(document))
  }

  /// Reads a page, or gives nil where it is damaged.
  ///
  /// - Parameter index: The place of the page, from 0.
  func page(_ index: Int) -> PDFPage? {
    guard let page = unsafe poppler_document_get_page(document, Int32(index)) else { return nil }
    defer { unsafe g_object_unref(UnsafeMutableRawPointer(page)) }
    let label = unsafe Self.take(poppler_page_get_label(page))
    let text = unsafe Self.take(poppler_page_get_text(page)) ?? ""
    var rectangles: UnsafeMutablePointer<PopplerRectangle>?
    var count: UInt32 = 0
    defer { unsafe g_free(rectangles) }
    _ = unsafe poppler_page_get_text_layout(page, &rectangles, &count)
    let boxes = unsafe UnsafeBufferPointer(start: rectangles, count: Int(count))
    let lines = unsafe PDFLine.lines(of: text, boxes: Span(_unsafeElements: boxes)) {
      PDFLine.Box(
        left: Float($0.x1), right: Float($0.x2), top: Float($0.y1), bottom: Float($0.y2))
    }
    return PDFPage(number: index + 1, label: label, lines: lines)
  }

  /// The entries of the outline in reading order, down to depth 6.
  var outline: [PDFOutlineEntry] {
    var entries: [PDFOutlineEntry] = []
    if let first = unsafe poppler_index_iter_new(document) {
      unsafe collect(first, level: 1, into: &entries)
    }
    return entries
  }

  /// The most entries of an outline that are read; one that refers to itself never ends.
  private static let outlineLimit = 20_000

  private func collect(
    _ iterator: OpaquePointer, level: Int, into entries: inout [PDFOutlineEntry]
  ) {
    defer { unsafe poppler_index_iter_free(iterator) }
    repeat {
      guard entries.count < Self.outlineLimit else { return }
      if let action = unsafe poppler_index_iter_get_action(iterator) {
        defer { unsafe poppler_action_free(action) }
        if let title = unsafe action.pointee.any.title, let page = unsafe pageNumber(of: action) {
          unsafe entries.append(
            PDFOutlineEntry(title: String(cString: title), level: level, page: page))
        }
      }
      if level < 6, let child = unsafe poppler_index_iter_get_child(iterator) {
        unsafe collect(child, level: level + 1, into: &entries)
      }
    } while unsafe poppler_index_iter_next(iterator) != 0
  }

  /// The page that an entry of the outline leads to, from 1.
  private func pageNumber(of action: UnsafeMutablePointer<PopplerAction>) -> Int? {
    guard unsafe action.pointee.type == POPPLER_ACTION_GOTO_DEST,
      let destination = unsafe action.pointee.goto_dest.dest
    else { return nil }
    var page = unsafe destination.pointee.page_num
    if unsafe destination.pointee.type == POPPLER_DEST_NAMED {
      guard let name = unsafe destination.pointee.named_dest,
        let target = unsafe poppler_document_find_dest(document, name)
      else { return nil }
      page = unsafe target.pointee.page_num
      unsafe poppler_dest_free(target)
    }
    return page > 0 ? Int(page) : nil
  }

  /// A string that poppler has allocated.
  private static func take(_ text: UnsafeMutablePointer<CChar>?) -> String? {
    guard let text = unsafe text else { return nil }
    defer { unsafe g_free(text) }
    return unsafe String(cString: text)
  }

  /// A point in time that poppler has allocated.
  private static func take(_ time: OpaquePointer?) -> String? {
    guard let time = unsafe time else { return nil }
    defer { unsafe g_date_time_unref(time) }
    return ISO8601.text(seconds: Int64(unsafe g_date_time_to_unix(time)))
  }
}
