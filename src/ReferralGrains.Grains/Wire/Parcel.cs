using System.Buffers;
using System.Diagnostics;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;
using ReferralGrains.Turns;

namespace ReferralGrains.Grains.Wire;

/// <summary>
/// A command or a reply on its way: a reference inside a process, JSON bytes between processes. Messages are immutable, so nothing is
/// copied on the way to a grain next door.
/// </summary>
[Alias("parcel")]
public sealed class Parcel(object message)
{
    public object Message => message;
}

/// <summary>Hands the reference on.</summary>
[RegisterCopier]
internal sealed class ParcelCopier : IDeepCopier<Parcel>
{
    public Parcel? DeepCopy(Parcel? input, CopyContext context) => input;
}

/// <summary>Writes the message as <see cref="Messages"/> does.</summary>
[RegisterSerializer]
internal sealed class ParcelCodec : IFieldCodec<Parcel>
{
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, Parcel? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value)) return;
        var bytes = Messages.Write(value!.Message);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(Parcel), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)bytes.Length);
        writer.Write(bytes);
    }

    public Parcel ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference) return ReferenceCodec.ReadReference<Parcel, TInput>(ref reader, field)!;
        if (field.WireType != WireType.LengthPrefixed) throw new UnreachableException($"A parcel came in as {field.WireType}.");
        var parcel = new Parcel(Messages.Read(reader.ReadBytes(reader.ReadVarUInt32())));
        ReferenceCodec.RecordObject(reader.Session, parcel);
        return parcel;
    }
}
