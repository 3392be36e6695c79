#!/usr/bin/env pwsh
# The verbs of this repository, each a few lines over `dotnet`; build.sh has the same ones.
# No param block: that would take options such as -p away from the winnow command line.
$Verb = if ($args.Count) { $args[0] } else { 'help' }
[string[]] $Rest = @($args | Select-Object -Skip 1)
$start = Get-Location
Set-Location $PSScriptRoot
$env:DOTNET_NOLOGO = '1'; $env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'; $env:DOTNET_CLI_UI_LANGUAGE = 'en'
$framework = if ($env:WinnowFramework) { $env:WinnowFramework } else { 'net10.0' }

$usage = @'
usage: ./build.ps1 <verb> [arguments]
  build           build everything (Release)
  run [args]      write a tale with the model that ships with Winnow; with arguments: the winnow command line
  test [name]     build once and run every test, or those whose full name contains the given part
  nightly         build once and run the tests that take too long for every run
  native [name]   publish the C library in artifacts/native and test it: C, C++, Python, Rust, Node and C#
  bench [filter]  run the benchmarks whose name matches; `bench peers` compares with llama.cpp, `bench torch` kernels on a GPU with PyTorch and Triton
  format          bring the sources into the form that .editorconfig asks for
  size            lines by project, and the files that are over the aim of 300 lines or the limit of 450
  api             write src/<project>/PublicApi.txt anew after a change of the public API
  pack            make the NuGet packages and the winnow tool in artifacts/packages
  help            this text
'@

# Tests and benchmarks compile the kernels. Where NVRTC cannot be had the tests that need it say so: skipped, or failed where CI=true.
function Get-Nvrtc { if ($IsLinux) { bash kernels/nvrtc.sh } }

# Builds and says something only where it fails.
function Build-Quietly([string] $what) {
    [Console]::Error.WriteLine("building $what")
    $log = dotnet build $what -c Release -v quiet "-clp:ErrorsOnly;NoSummary"
    if ($LASTEXITCODE) { $log | Out-Host }
    return $LASTEXITCODE
}

function Invoke-Cli {
    [string[]] $arguments = if ($Rest.Count) { $Rest } else { 'generate' }
    if (Build-Quietly src/Winnow.Cli) { exit 1 }
    Set-Location $start
    dotnet "$PSScriptRoot/src/Winnow.Cli/bin/Release/$framework/Winnow.Cli.dll" @arguments
    exit $LASTEXITCODE
}

function Get-Count([string] $key, [string[]] $log) {
    $line = $log | Select-String -Pattern "^\s+${key}: (\d+)" | Select-Object -Last 1
    if ($line) { [int] $line.Matches[0].Groups[1].Value } else { 0 }
}

$Ordinary = 'TestCategory!=Nightly'
$Category = $Ordinary

# Runs one test program and adds its counts to $sum. A program that dies, or holds no test when all were asked for (exit code 8),
# counts as one failed test.
function Invoke-Tests($project, $sum, [string[]] $filter) {
    $name = $project.Name
    $log = @(dotnet "$($project.FullName)/bin/Release/$framework/$name.dll" --output Detailed --progress off --no-ansi --filter $(if ($filter.Count) { "$Category&$($filter[1])" } else { $Category }))
    $code = $LASTEXITCODE
    $log | Set-Content "artifacts/tests/$name.log"
    $ok = Get-Count 'succeeded' $log; $bad = Get-Count 'failed' $log; $left = Get-Count 'skipped' $log
    if ($code -and $bad -eq 0 -and -not ($code -eq 8 -and ($filter.Count -or $Category -ne $Ordinary))) { $bad = 1 }
    $sum.Passed += $ok; $sum.Failed += $bad; $sum.Skipped += $left
    "${name}: $ok passed, $bad failed, $left skipped"
    if ($bad) { $log | Where-Object { $_ -notmatch '^passed ' } | ForEach-Object { "    $_" } }
    else { $log | Select-String -Pattern '^skipped ' -Context 0, 1 | ForEach-Object { "    $($_.Line)"; "    $($_.Context.PostContext)" } }
    if ($bad -and $code -ne 2) { "    $name ended with exit code $code" }
}

# Compiles the C library ahead of time, runs its tests against it, those that have to see into it without that, then the samples in all languages.
function Invoke-NativeTests($sum, [string[]] $filter) {
    [Console]::Error.WriteLine('publishing the C library in artifacts/native')
    $native = if ($env:WinnowNativeFramework) { $env:WinnowNativeFramework } else { 'net9.0' }
    $log = dotnet publish interop/Winnow.Native -c Release -r ([System.Runtime.InteropServices.RuntimeInformation]::RuntimeIdentifier) "-p:WinnowFramework=$native" --artifacts-path artifacts/native-build -o artifacts/native -v quiet "-clp:ErrorsOnly;NoSummary"
    if ($LASTEXITCODE) { $log | Out-Host; $sum.Failed += 1; return }
    $name = if ($IsWindows) { 'winnow.dll' } elseif ($IsMacOS) { 'libwinnow.dylib' } else { 'libwinnow.so' }
    $env:WINNOW_LIBRARY = "$PSScriptRoot/artifacts/native/$name"
    $usual = $script:Category
    $script:Category = "$usual&TestCategory!=InProcess"
    Invoke-Tests (Get-Item interop/Winnow.Native.Tests) $sum $filter
    Remove-Item Env:WINNOW_LIBRARY
    $script:Category = 'TestCategory=InProcess'
    Invoke-Tests (Get-Item interop/Winnow.Native.Tests) $sum $filter
    $script:Category = $usual
    if (-not (Get-Command cmake -ErrorAction SilentlyContinue)) {
        if ($env:CI -in 'true', '1') { $sum.Failed += 1 } else { $sum.Skipped += 1 }
        'samples: cmake is not installed'
        return
    }
    $log = @(cmake -S . -B artifacts/samples -DCMAKE_BUILD_TYPE=Release; cmake --build artifacts/samples --config Release; ctest --test-dir artifacts/samples -C Release --output-on-failure)
    $log | Set-Content artifacts/tests/samples.log
    $ok = @($log -match '^ *\d+/\d+ Test .* Passed ').Count; $left = @($log -match '^ *\d+/\d+ Test .*\*\*\*Skipped').Count
    $bad = @($log -match '^ *\d+/\d+ Test .*\*\*\*[^S]').Count
    if ($ok + $bad + $left -eq 0) { $bad = 1 }
    $sum.Passed += $ok; $sum.Failed += $bad; $sum.Skipped += $left
    "samples: $ok passed, $bad failed, $left skipped"
    if ($bad) { $log | ForEach-Object { "    $_" } } else { $log -match 'SKIPPED: ' | ForEach-Object { "    $_" } }
}

function Invoke-Native {
    $sum = @{ Passed = 0; Failed = 0; Skipped = 0 }
    [string[]] $filter = @()
    if ($Rest.Count) { $filter = '--filter', "FullyQualifiedName~$($Rest[0])" }
    New-Item -ItemType Directory -Force artifacts/tests | Out-Null
    if (Build-Quietly interop/Winnow.Native.Tests) { '0 passed, 1 failed, 0 skipped'; exit 1 }
    Invoke-NativeTests $sum $filter
    "$($sum.Passed) passed, $($sum.Failed) failed, $($sum.Skipped) skipped"
    exit [int] ($sum.Failed -gt 0 -or $sum.Passed -eq 0)
}

function Invoke-AllTests {
    $sum = @{ Passed = 0; Failed = 0; Skipped = 0 }
    [string[]] $filter = @()
    if ($Rest.Count) { $filter = '--filter', "FullyQualifiedName~$($Rest[0])" }
    New-Item -ItemType Directory -Force artifacts/tests | Out-Null
    if (Build-Quietly Runtime.sln) { '0 passed, 1 failed, 0 skipped'; exit 1 }
    Get-ChildItem tests/*.Tests -Directory | ForEach-Object { Invoke-Tests $_ $sum $filter }
    # With a part of a name, in this process: publishing takes minutes.
    if ($filter.Count -or $Category -ne $Ordinary) { Invoke-Tests (Get-Item interop/Winnow.Native.Tests) $sum $filter } else { Invoke-NativeTests $sum $filter }
    "$($sum.Passed) passed, $($sum.Failed) failed, $($sum.Skipped) skipped"
    exit [int] ($sum.Failed -gt 0 -or $sum.Passed -eq 0)
}

function Invoke-Bench {
    if ($Rest.Count -and $Rest[0] -eq 'peers') {
        if (-not (Test-Path bench/peers/llamacpp/node_modules/node-llama-cpp)) { npm install --no-package-lock --prefix bench/peers/llamacpp --ignore-scripts --no-audit --no-fund }
        dotnet run -c Release --project bench/Winnow.Peers -- @($Rest | Select-Object -Skip 1)
        exit $LASTEXITCODE
    }
    if ($Rest.Count -and $Rest[0] -eq 'torch') {
        if (Build-Quietly src/Winnow.Cli) { exit 1 }
        $cli = "dotnet src/Winnow.Cli/bin/Release/$framework/Winnow.Cli.dll"
        python3 bench/peers/gpu/compare.py --winnow $cli @($Rest | Select-Object -Skip 1)
        exit $LASTEXITCODE
    }
    $name = if ($Rest.Count) { $Rest[0] } else { '' }
    $matched = $false
    foreach ($project in Get-ChildItem bench/*.Bench -Directory) {
        dotnet run -c Release --project $project.FullName -- --filter "*$name*"
        if ($LASTEXITCODE -eq 0) { $matched = $true }
        elseif ($LASTEXITCODE -ne 3) { exit $LASTEXITCODE } # 3: none of its benchmarks has that name
    }
    if (-not $matched) { [Console]::Error.WriteLine("bench: no benchmark has '$name' in its name; without a name all of them run"); exit 2 }
    exit 0
}

function Show-Size {
    $files = git ls-files '*.cs' '*.cu' '*.cuh' '*.c' '*.h' '*.py' | ForEach-Object {
        [pscustomobject] @{ Path = $_; Project = ($_ -split '/')[0..1] -join '/'; Lines = @(Get-Content $_).Count } }
    $files | Group-Object Project | ForEach-Object { '{0,7} lines {1,4} files  {2}' -f ($_.Group | Measure-Object Lines -Sum).Sum, $_.Count, $_.Name }
    '{0,7} lines in all' -f ($files | Measure-Object Lines -Sum).Sum
    $files | Where-Object Lines -gt 300 | ForEach-Object {
        '{0,7} lines  {1}{2}' -f $_.Lines, $_.Path, $(if ($_.Lines -gt 450) { '  (over the limit of 450)' } else { '  (over the aim of 300)' }) }
    exit [int] (@($files | Where-Object Lines -gt 450).Count -gt 0)
}

try { switch ($Verb) {
    'build' { dotnet build Runtime.sln -c Release @Rest; exit $LASTEXITCODE }
    'run' { Invoke-Cli }
    'test' { Get-Nvrtc; Invoke-AllTests }
    'nightly' { Get-Nvrtc; $script:Category = 'TestCategory=Nightly'; Invoke-AllTests }
    'native' { Get-Nvrtc; Invoke-Native }
    'bench' { Get-Nvrtc; Invoke-Bench }
    'format' { dotnet format Runtime.sln @Rest; exit $LASTEXITCODE }
    'size' { Show-Size }
    'api' {
        if (Build-Quietly Runtime.sln) { exit 1 }
        $env:WINNOW_WRITE_API = '1'
        dotnet "tests/Winnow.Architecture.Tests/bin/Release/$framework/Winnow.Architecture.Tests.dll" --filter 'FullyQualifiedName~PublicApi'
        exit $LASTEXITCODE
    }
    'pack' { dotnet pack Runtime.sln -c Release -v quiet -o artifacts/packages @Rest; exit $LASTEXITCODE }
    'help' { $usage }
    default { [Console]::Error.WriteLine("build.ps1: unknown verb '$Verb'"); [Console]::Error.WriteLine($usage); exit 2 }
} } finally { Set-Location $start }
