using System.Runtime.InteropServices;

namespace Winnow.Native;

/// <summary><c>winnow_launch</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LaunchFigures
{
    public nuint StructSize;
    public int GridX;
    public int GridY;
    public int GridZ;
    public int BlockX;
    public int BlockY;
    public int BlockZ;
    public int SharedBytes;
    public int Repeats;
}
