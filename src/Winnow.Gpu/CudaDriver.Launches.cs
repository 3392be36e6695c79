using System;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Launches.</content>
public sealed unsafe partial class CudaDriver
{
    /// <inheritdoc/>
    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        MakeCurrent();
        nuint bytes = (nuint)arguments.Length;
        ReadOnlySpan<int> places = _layouts.GetOrAdd(function.Handle, ParameterLayout.Read, arguments.Length) is { } layout ? layout.PlacesIn(arguments.Length) : [];
        void** parameters = stackalloc void*[places.Length];
        CudaResult result;
        fixed (byte* pointer = arguments)
        {
            for (int i = 0; i < places.Length; i++)
            {
                parameters[i] = pointer + places[i];
            }

            // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END
            void** block = stackalloc void*[] { (void*)1, pointer, (void*)2, &bytes, (void*)0 };
            void** one = places.IsEmpty ? null : parameters;
            void** extra = bytes == 0 || !places.IsEmpty ? null : block;
            result = shape.HasAttributes ? LaunchWithAttributes(function, shape, stream, one, extra) : Launch(function, shape, stream, one, extra);
        }

        if (result != CudaResult.Success)
        {
            throw CudaResults.Error(result, LaunchText(NameOf(function.Handle), shape, arguments.Length));
        }
    }

    /// <summary>A launch, for messages.</summary>
    internal static string LaunchText(string kernel, LaunchShape shape, int argumentBytes)
    {
        string cluster = shape.Cluster == default ? "" : $", clusters of {shape.Cluster.X} x {shape.Cluster.Y} x {shape.Cluster.Z}";
        return $"{(shape.HasAttributes ? "cuLaunchKernelEx" : "cuLaunchKernel")}({kernel}, grid {shape.GridX} x {shape.GridY} x {shape.GridZ}, "
            + $"block {shape.BlockX} x {shape.BlockY} x {shape.BlockZ}, {shape.SharedBytes} shared bytes, {argumentBytes} argument bytes"
            + $"{cluster}{(shape.IsDependent ? ", dependent" : "")})";
    }

    private static CudaResult Launch(GpuFunction function, in LaunchShape shape, GpuStream stream, void** parameters, void** extra) => Driver.cuLaunchKernel(
        function.Handle,
        (uint)shape.GridX,
        (uint)shape.GridY,
        (uint)shape.GridZ,
        (uint)shape.BlockX,
        (uint)shape.BlockY,
        (uint)shape.BlockZ,
        (uint)shape.SharedBytes,
        stream.Handle,
        parameters,
        extra);

    private static CudaResult LaunchWithAttributes(GpuFunction function, in LaunchShape shape, GpuStream stream, void** parameters, void** extra)
    {
        LaunchAttribute* attributes = stackalloc LaunchAttribute[2];
        uint count = 0;
        if (shape.Cluster != default)
        {
            (int x, int y, int z) = shape.Cluster;
            attributes[count++] = new LaunchAttribute { Id = LaunchAttribute.ClusterDimension, X = x, Y = y, Z = z };
        }

        if (shape.IsDependent)
        {
            attributes[count++] = new LaunchAttribute { Id = LaunchAttribute.ProgrammaticStreamSerialization, X = 1 };
        }

        LaunchConfig config = new()
        {
            GridX = (uint)shape.GridX,
            GridY = (uint)shape.GridY,
            GridZ = (uint)shape.GridZ,
            BlockX = (uint)shape.BlockX,
            BlockY = (uint)shape.BlockY,
            BlockZ = (uint)shape.BlockZ,
            SharedBytes = (uint)shape.SharedBytes,
            Stream = stream.Handle,
            Attributes = attributes,
            Count = count,
        };
        return Driver.cuLaunchKernelEx(&config, function.Handle, parameters, extra);
    }
}
