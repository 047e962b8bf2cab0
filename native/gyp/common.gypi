# node-gyp asks its "nodedir" for this file and for headers. This folder is that nodedir, so that a build needs neither a
# download nor headers of the system: the Node-API headers come from the npm package node-api-headers (settings.gypi).
{
  "target_defaults": {
    "default_configuration": "Release",
    "configurations": {
      "Debug": { "cflags": ["-O0", "-g"], "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "0" } },
      "Release": {
        "defines": ["NDEBUG"],
        "cflags": ["-O3", "-fno-omit-frame-pointer"],
        "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "3" }
      }
    },
    "conditions": [
      ["OS=='linux'", { "cflags": ["-fPIC", "-pthread"], "ldflags": ["-pthread"] }],
      ["OS=='mac'", {
        "xcode_settings": {
          "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
          "CLANG_CXX_LIBRARY": "libc++",
          "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
          "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
          "MACOSX_DEPLOYMENT_TARGET": "11.0"
        }
      }]
    ]
  }
}
