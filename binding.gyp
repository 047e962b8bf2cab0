# `npm run build:native` makes `myelin`, `npm run prebuildify` makes `myelin_portable`; CMakeLists.txt is the twin of this file.
# Which files and flags: native/sources.json.
{
  "includes": ["native/gyp/settings.gypi"],
  "target_defaults": {
    "sources": ["<!@(node scripts/native-targets.mjs binding)"],
    "dependencies": ["<!@(node scripts/native-targets.mjs libraries <(target_arch))"],
    "conditions": [
      ["OS=='linux'", {
        # nodelete: a worker that alone loaded the addon would unmap it under the feet of the pool's threads.
        # Paths are relative to build/.
        "ldflags": [
          "-Wl,--version-script=../native/exports.map", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now", "-Wl,-z,nodelete"
        ]
      }]
    ]
  },
  "targets": [
    { "target_name": "myelin" },
    {
      # The same libraries, linked against the oldest symbols of glibc.
      "target_name": "myelin_portable",
      "conditions": [
        ["OS=='linux'", {
          "sources": ["<!@(node scripts/native-targets.mjs portable)"],
          "libraries": ["-lm"],
          "ldflags": ["-static-libstdc++", "<!@(node scripts/native-targets.mjs wrap)"]
        }]
      ]
    }
  ]
}
