def test_an_endpoint_serves_the_trained_model(aws, artefact):
    name = aws.endpoint(aws.config(aws.model(artefact)))
    assert aws.steady(name)["EndpointStatus"] == "InService"

    predictions, answer = aws.predict(name)

    assert [round(each, 3) for each in predictions] == [4.0]
    assert answer["InvokedProductionVariant"] == "v1"
