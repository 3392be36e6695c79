using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Winnow.Gpu.Native;

/// <summary>Tells the runtime which loaded file a library name of this assembly's imports stands for.</summary>
internal static class NativeLibraries
{
    private static nint _cuda;
    private static nint _nvrtc;

    static NativeLibraries()
    {
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);
    }

    /// <summary>Binds the imports of <see cref="Driver"/> to a loaded library.</summary>
    public static void BindCuda(nint handle) => _cuda = handle;

    /// <summary>Binds the imports of <see cref="Nvrtc"/> to a loaded library.</summary>
    public static void BindNvrtc(nint handle) => _nvrtc = handle;

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        Driver.Library => _cuda,
        Nvrtc.Library => _nvrtc,
        _ => 0,
    };
}
