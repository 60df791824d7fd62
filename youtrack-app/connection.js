/**
 * Where the bridge is, and how it knows this app. The bridge writes this file anew, with an address
 * and a secret of its own, into the app that an administrator gets from it.
 */
exports.ADDRESS = '';
exports.SECRET = '';
/** The login of the bridge's account: its own changes are not sent back to it. */
exports.ACCOUNT = '';
exports.VERSION = '0.0.0';
