import CXML2
import Documents
import Glibc

/// What happens in an HTML file, in order. Elements that the file leaves open are closed.
protocol HTMLEventHandler: AnyObject {
  /// An element begins.
  ///
  /// - Parameters:
  ///   - name: The name in lower case.
  ///   - attributes: The attributes by name in lower case, entities decoded.
  func start(_ name: String, attributes: HTMLAttributes)
  /// An element ends.
  func end(_ name: String)
  /// Text, entities decoded. A run of text may come in several parts.
  func characters(_ text: Span<UInt8>)
}

/// The attributes of an element where libxml2 keeps them, for most are never asked for.
@safe struct HTMLAttributes: ~Escapable {
  /// Names and values by turns, up to a null pointer.
  private let list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?

  @_lifetime(immortal)
  fileprivate init(_ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
    unsafe self.list = list
  }

  /// The value of an attribute, or nil where the element does not have it.
  ///
  /// - Complexity: O(*n*) in the number of the element's attributes.
  subscript(_ name: StaticString) -> String? {
    guard var next = unsafe list else { return nil }
    while let key = unsafe next.pointee {
      if unsafe xmlStrEqual(key, name.utf8Start) != 0 {
        return unsafe next[1].map { unsafe HTMLEvents.string($0) } ?? ""
      }
      unsafe next += 2
    }
    return nil
  }
}

/// The HTML parser of libxml2, as a source of events.
///
/// No tree is built: a large file costs no memory beyond its own, and deep nesting no stack.
enum HTMLEvents {
  /// Reads HTML and tells the handler.
  ///
  /// - Throws: `parser-memory` where libxml2 cannot allocate.
  static func read(_ text: String, handler: any HTMLEventHandler) throws(DocumentError) {
    let bytes = text.utf8Span.span
    guard let length = Int32(exactly: bytes.count), let context = unsafe htmlNewParserCtxt() else {
      throw DocumentError(.parserMemory, "The HTML parser cannot be given so much text.")
    }
    defer { unsafe htmlFreeParserCtxt(context) }
    let box = Box(handler)
    unsafe setHandlers(context.pointee.sax)
    unsafe context.pointee.userData = Unmanaged.passUnretained(box).toOpaque()
    let options =
      Int32(bitPattern: HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue)
      | Int32(bitPattern: HTML_PARSE_NOWARNING.rawValue | HTML_PARSE_NONET.rawValue)
      | Int32(bitPattern: HTML_PARSE_IGNORE_ENC.rawValue)
    withExtendedLifetime(box) {
      unsafe bytes.withUnsafeBytes { buffer in
        let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
        let document = unsafe htmlCtxtReadMemory(context, start, length, nil, "UTF-8", options)
        unsafe xmlFreeDoc(document)
      }
    }
    if unsafe context.pointee.errNo == Int32(bitPattern: XML_ERR_NO_MEMORY.rawValue) {
      throw DocumentError(.parserMemory, "The HTML takes too much memory to parse.")
    }
  }

  /// Carries the handler through libxml2, which knows a pointer alone.
  private final class Box {
    let handler: any HTMLEventHandler

    init(_ handler: any HTMLEventHandler) {
      self.handler = handler
    }

    static func handler(_ pointer: UnsafeMutableRawPointer?) -> (any HTMLEventHandler)? {
      guard let pointer = unsafe pointer else { return nil }
      return unsafe Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().handler
    }
  }

  private static func setHandlers(_ sax: UnsafeMutablePointer<_xmlSAXHandler>?) {
    guard let sax = unsafe sax else { return }
    // Everything that is not set here would build a tree, and take our pointer for its own.
    unsafe memset(sax, 0, MemoryLayout<_xmlSAXHandler>.size)
    unsafe sax.pointee.startElement = { box, name, attributes in
      guard let handler = unsafe Box.handler(box), let name = unsafe name else { return }
      unsafe handler.start(HTMLEvents.string(name), attributes: HTMLAttributes(attributes))
    }
    unsafe sax.pointee.endElement = { box, name in
      guard let handler = unsafe Box.handler(box), let name = unsafe name else { return }
      unsafe handler.end(HTMLEvents.string(name))
    }
    unsafe sax.pointee.characters = { box, text, length in
      guard let handler = unsafe Box.handler(box), let text = unsafe text else { return }
      unsafe handler.characters(Span(_unsafeStart: text, count: max(0, Int(length))))
    }
    unsafe sax.pointee.ignorableWhitespace = sax.pointee.characters
  }

  fileprivate static func string(_ text: UnsafePointer<xmlChar>) -> String {
    unsafe String(decodingCString: text, as: UTF8.self)
  }
}
