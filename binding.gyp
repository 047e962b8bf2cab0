# `npm run build:native` runs this; CMakeLists.txt is its twin. Which files and flags: native/sources.json.
{
  "includes": ["native/gyp/settings.gypi"],
  "variables": {
    "myelin_portable%": "<!(node -p \"process.env.MYELIN_PORTABLE || 0\")"
  },
  "targets": [
    {
      "target_name": "myelin",
      "sources": ["<!@(node scripts/native-targets.mjs binding)"],
      "dependencies": ["<!@(node scripts/native-targets.mjs libraries <(target_arch))"],
      "conditions": [
        ["OS=='linux'", {
          # nodelete: a worker that alone loaded the addon would unmap it under the feet of the pool's threads.
          "ldflags": ["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections", "-Wl,-z,relro,-z,now", "-Wl,-z,nodelete"]
        }],
        ["OS=='linux' and myelin_portable==1", {
          "sources": ["<!@(node scripts/native-targets.mjs portable)"],
          "libraries": ["-lm"],
          "ldflags": ["-static-libstdc++", "<!@(node scripts/native-targets.mjs wrap)"]
        }]
      ]
    }
  ]
}
