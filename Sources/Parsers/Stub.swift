import CPoppler
import CXML2
import CCMark
package func stub() -> Int32 { unsafe poppler_get_version() == nil ? 0 : 1 }
