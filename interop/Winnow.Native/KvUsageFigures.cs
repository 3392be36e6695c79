using System.Runtime.InteropServices;

namespace Winnow.Native;

/// <summary><c>winnow_kv_usage</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KvUsageFigures
{
    public nuint StructSize;
    public long Bytes;
    public long FullBytes;
    public double Kept;
    public int Tokens;
    public int Layers;
}
